//! A table that comes in pieces is the table that the whole file is, and so is what is wrong with it.

use tabtune::Result;
use tabtune::data::{Delimiter, Reading, Survey, Table, TableInfo, TableReader};

use crate::{cells, damaged, utf16};

/// Reads a file in pieces of this many bytes.
fn read(bytes: &[u8], name: &str, piece: usize) -> Result<Table> {
    let mut survey = Survey::new(name);
    bytes.chunks(piece).for_each(|piece| survey.add(piece));
    let Some(mut reader) = TableReader::open(&survey)? else { return Table::parse(bytes, name) };
    let mut at = 0;
    loop {
        let end = bytes.len().min(at + piece);
        match reader.push(&bytes[at..end], end == bytes.len())? {
            Reading::Again => at = 0,
            Reading::Goes if end == bytes.len() => return reader.finish(),
            Reading::Goes => at = end,
        }
    }
}

/// All that can be told of a table.
type Told = Result<(TableInfo, Vec<Vec<String>>, Vec<u64>)>;

fn told(table: Result<Table>) -> Told {
    let table = table?;
    let cells = cells(&table).into_iter().map(|row| row.into_iter().map(str::to_owned).collect()).collect();
    let lines = (0..table.rows()).map(|row| table.line(row)).collect();
    Ok((table.info(), cells, lines))
}

fn assert_same(bytes: &[u8], name: &str, pieces: &[usize]) -> Told {
    let whole = told(Table::parse(bytes, name));
    for &piece in pieces {
        let read = told(read(bytes, name, piece));
        assert_eq!(read, whole, "{name} in pieces of {piece}: {:?}", String::from_utf8_lossy(bytes));
    }
    whole
}

#[test]
fn pieces_of_any_size_give_the_table_of_the_whole() {
    let quoted = "text,label\n\"a, \"\"b\"\"\nc\",x\r\n\r\nplain \"mid\" é🍐,y\n\"\" ,\"z\"\nlast,x";
    let latin: Vec<u8> = "text;label\ncaf\u{e9};x\nna\u{ef}ve;y\n".chars().map(|letter| letter as u8).collect();
    let broken = [quoted.as_bytes(), b"\n", "\u{fffd} ü,x\n".repeat(20).as_bytes(), b"\xC3,y\nend,x\n"].concat();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.csv", quoted.as_bytes().to_vec()),
        ("bom.csv", format!("\u{feff}{quoted}").into_bytes()),
        ("utf16.csv", utf16(quoted, false, true)),
        ("utf16be.csv", utf16(&quoted.replace(['é', '🍐'], "ab"), true, false)),
        ("latin.csv", latin),
        ("broken.csv", broken),
        ("sep.csv", b"sep=;\r\ntext;label\r\na,b;x\r\nc;y\r\n".to_vec()),
        ("mac.csv", b"text,label\ra,x\r\r\rb,y\r".to_vec()),
        ("tabs.tsv", "text\tlabel\n\"half\tx\nwhole\ty\nmore\tx\n".into()),
        ("quoted.tsv", "text\tlabel\n\"half\tx\"\tx\nwhole\ty\nmore\tx\n".into()),
        ("headless.csv", b"one text here.,0\nanother text.,1\nand a third one.,0\nand more of it.,1\n".to_vec()),
        ("short.csv", b"text,label,more\na,x\nb,y,z,\n".to_vec()),
        ("lines.jsonl", "{\"text\":\"ä\",\"label\":1}\r\n\n{\"text\":\"b\",\"more\":[2]}".into()),
        ("list.json", b"[{\"text\":\"a\",\"label\":1},{\"text\":\"b\",\"label\":2}]".to_vec()),
        ("nested.jsonl", "{\"of\":{\"text\":\"ä\",\"by\":{\"x\":1}}}\n{\"of\":{\"label\":2}}".into()),
        ("columns.json", b"{\"text\":[\"a\",\"b\"],\"label\":[1,2]}".to_vec()),
        ("title.csv", b"Survey;\n;\ntext;label\na;x\nb;y\n".to_vec()),
        ("comments.csv", b"# made, by hand\n# so\n\ntext,label\n\"a\",x\nb,y\n".to_vec()),
        ("tags.conll", b"EU B-ORG\n\nin O\n".to_vec()),
    ];
    for (name, bytes) in &files {
        let whole = assert_same(bytes, name, &[1, 2, 3, 7, 4096]);
        assert!(whole.is_ok(), "{name}: {whole:?}");
    }
}

#[test]
fn a_long_table_is_cut_wherever_its_pieces_end() {
    let mut text = "text,label,note\n".to_owned();
    for row in 0..20_000 {
        text += &format!("\"Käse {row}, \"\"gut\"\"\n🍐\",{},{}\r\n", ["a", "b"][row % 2], "é".repeat(row % 40));
    }
    for piece in [4096, 65_537, 1 << 20] {
        let (info, ..) = assert_same(text.as_bytes(), "long.csv", &[piece]).expect("a table");
        assert_eq!(info.rows, 20_000);
    }
}

#[test]
fn the_first_mistake_of_a_file_is_told_wherever_it_is_cut() {
    let row = "good,pos\n".repeat(50);
    let long = "x".repeat(1 << 20);
    let files: Vec<(&str, u64, String)> = vec![
        ("quote.csv", 52, format!("text,label\n{row}\"never,pos\n{row}")),
        ("midway.csv", 52, format!("text,label\n{row}\"a\" b,pos\n{row}a,b,c\n")),
        ("cells.csv", 52, format!("text,label\n{row}a,b,c\n{row}b\0,\"c")),
        ("nul.csv", 52, format!("text,label\n{row}a\0,b\n{row}a,b,c\n")),
        ("cell.csv", 52, format!("text,label\n{row}\"{}\",b\n{row}", "x\n".repeat(1 << 19))),
        ("line.csv", 52, format!("text,label\n{row}{long},b\n{row}")),
        ("tabs.tsv", 3, "text\tlabel\na\tx\n\"b\ny\tz\t1\n".into()),
        ("line.jsonl", 2, format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{\n")),
        ("cut.jsonl", 3, "{\"a\":1}\n\n{\"a\":".into()),
    ];
    for (name, line, text) in &files {
        let pieces: &[usize] = if text.len() > 1 << 20 { &[4096, 100_000] } else { &[1, 2, 7, 4096] };
        let whole = assert_same(text.as_bytes(), name, pieces);
        match whole {
            Err(tabtune::Error::Table { line: found, .. }) => assert_eq!(found, Some(*line), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn damaged_files_are_the_same_in_pieces() {
    damaged(3_000, |bytes, name| drop(assert_same(bytes, name, &[1, 7])));
}

#[test]
fn a_table_beyond_the_room_is_refused_by_the_line_that_is_too_much() {
    let text = format!("text,label\n{}", "one more row of some length,yes\n".repeat(100_000));
    let mut survey = Survey::new("a.csv");
    survey.add(text.as_bytes());
    let open = |room| TableReader::open_within(&survey, room).expect("a table").expect("delimited");
    let mistake = open(2_000_000).push(text.as_bytes(), true).expect_err("too much").to_string();
    let line: u64 = mistake.split([' ', ':']).nth(1).and_then(|number| number.parse().ok()).expect("a line");
    assert!((40_000..60_000).contains(&line), "{mistake}");
    assert!(mistake.contains("2 MB") && mistake.contains("fewer rows"), "{mistake}");
    let mut enough = open(10_000_000);
    assert_eq!(enough.push(text.as_bytes(), true), Ok(Reading::Goes));
    assert_eq!(enough.finish().expect("a table").rows(), 100_000);
}

#[test]
fn sentences_of_words_come_in_pieces_with_how_they_were_read() {
    let row = |at: usize| format!("{};w{at};{}\n", at / 4, if at.is_multiple_of(3) { "B-PER" } else { "O" });
    let text = format!("sentence_id;word;tag\n{}", (0..12).map(row).collect::<String>());
    let (info, cells, _) = assert_same(text.as_bytes(), "ner.csv", &[1, 7, 1000]).expect("a table");
    assert_eq!(cells.len(), 3);
    let found = info.dialect;
    assert_eq!((found.delimiter, found.header), (Some(Delimiter::Semicolon), Some(true)));
    assert_eq!(found.encoding.as_deref(), Some("UTF-8"));
}
