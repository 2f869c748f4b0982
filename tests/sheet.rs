//! A whole table predicted: read in pieces as the table engine reads it at once, every row in its place, nothing in the
//! result that a spreadsheet would run.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use fruit::{Folder, empty, finish, predict, ready, scores};
use futures_lite::future::block_on;
use serde_json::{Value, json};
use tabtune::data::{Dialect, Sheet, Survey, Table};
use tabtune::{DeviceKind, Prediction, Recipe, Session, SheetFormat, SheetRun, Task};

/// Surveys and reads a file in pieces of this many bytes.
fn read(bytes: &[u8], name: &str, piece: usize) -> tabtune::Result<(Sheet, Vec<Vec<String>>)> {
    let mut survey = Survey::new(name);
    bytes.chunks(piece).for_each(|piece| survey.add(piece));
    let Some(mut sheet) = Sheet::open(&survey, Task::Classification)? else {
        let mut sheet = Sheet::whole(bytes, name, Task::Classification, &Dialect::default())?;
        let rows = sheet.push(&[], true)?;
        return Ok((sheet, rows.into()));
    };
    let mut rows = Vec::new();
    for piece in bytes.chunks(piece) {
        rows.extend(sheet.push(piece, false)?);
    }
    rows.extend(sheet.push(&[], true)?);
    Ok((sheet, rows))
}

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn pieces_of_any_size_give_the_rows_of_the_whole() {
    let quoted = "text,label\n\"a, \"\"b\"\"\nc\",x\r\n\r\nplain \"mid\" é🍐,y\n\"\",\"z\"\nlast,x";
    let latin: Vec<u8> = "text;label\ncaf\u{e9};x\nna\u{ef}ve;y\n".chars().map(|letter| letter as u8).collect();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.csv", quoted.as_bytes().to_vec()),
        ("bom.csv", format!("\u{feff}{quoted}").into_bytes()),
        ("utf16.csv", utf16(quoted)),
        ("latin.csv", latin),
        ("sep.csv", b"sep=;\r\ntext;label\r\na,b;x\r\nc;y\r\n".to_vec()),
        ("mac.csv", b"text,label\ra,x\rb,y\r".to_vec()),
        ("tabs.tsv", "text\tlabel\n\"half\tx\nwhole\ty\nmore\tx\n".into()),
        ("headless.csv", b"one text here.,0\nanother text.,1\nand a third one.,0\nand more of it.,1\n".to_vec()),
        ("short.csv", b"text,label,more\na,x\nb,y,z,\n".to_vec()),
        ("lines.jsonl", b"{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"more\":[2]}\n".to_vec()),
        ("list.json", b"[{\"text\":\"a\",\"label\":1},{\"text\":\"b\",\"label\":2}]".to_vec()),
    ];
    for (name, bytes) in files {
        let table = Table::parse(&bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let columns = table.columns().len();
        let expected: Vec<Vec<String>> = (0..table.rows())
            .map(|row| (0..columns).map(|column| table.cell(row, column).to_owned()).collect())
            .collect();
        for piece in [1, 2, 3, 5, 16, 1 << 20] {
            let (sheet, rows) = read(&bytes, name, piece).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(rows, expected, "{name} in pieces of {piece}");
            assert_eq!(
                (&sheet.info().columns[..], sheet.info().format.as_str()),
                (table.columns(), table.format()),
                "{name}"
            );
            assert_eq!(sheet.info().bytes, bytes.len() as u64);
        }
    }
}

#[test]
fn an_encoding_that_shows_late_is_found() {
    let mut bytes: Vec<u8> = b"text,label\n".to_vec();
    (0..60_000).for_each(|row| bytes.extend(format!("plain text in row {row},x\n").bytes()));
    assert!(bytes.len() > 1 << 20, "longer than what is looked at first");
    bytes.extend(b"caf\xe9,y\n");
    let (sheet, rows) = read(&bytes, "late.csv", 1 << 16).expect("a table");
    assert!(sheet.info().format.contains("windows-1252"), "{}", sheet.info().format);
    assert_eq!((rows.len(), rows[60_000][0].as_str()), (60_001, "café"));
}

#[test]
fn mistakes_name_the_line() {
    let rows: String = (0..2000).map(|row| format!("text {row},x\n")).collect();
    for (tail, words) in [
        ("a,b,c\n", "Line 2002: This row has 3 cells"),
        ("\"open,x\nmore,y\n", "Line 2002: The quote that opens here is never closed"),
        ("\"a\"b,x\n", "Line 2002: The quote that opens here closes in the middle"),
        ("a\0,x\n", "NUL"),
    ] {
        let file = format!("text,label\n{rows}{tail}more,x\n");
        let error = read(file.as_bytes(), "t.csv", 4096).expect_err("a mistake").to_string();
        assert!(error.contains(words), "{error}");
    }
    let long = format!("text,label\na,x\n\"{}", "b\n".repeat(12 << 20));
    let error = read(long.as_bytes(), "t.csv", 1 << 20).expect_err("a mistake").to_string();
    assert!(error.contains("Line 3: ") && error.contains("closes it missing"), "{error}");
    for (bytes, words) in [(&b""[..], "empty"), (b"PAR1....", "Parquet"), (b"text,label\n", "no rows")] {
        let error = read(bytes, "t.csv", 7).expect_err("a mistake").to_string();
        assert!(error.contains(words), "{error}");
    }
}

fn trained() -> Session {
    let (mut session, _) = ready(DeviceKind::Cpu, 120, 0.2);
    session.start(Recipe { epochs: 1, ..fruit::recipe() }).expect("a run");
    finish(&mut session, 9);
    session
}

/// The result of a table, read again as CSV: header and rows.
fn result(
    session: &Session,
    bytes: &[u8],
    name: &str,
    columns: (&str, Option<&str>),
    piece: usize,
) -> Vec<Vec<String>> {
    let out = written(session, (bytes, name), columns, piece, SheetFormat::Csv);
    // What stands between cells is as in the table.
    let delimiter = *bytes.iter().find(|byte| b",;\t".contains(byte)).unwrap_or(&b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(out.as_slice());
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

/// The result of a table in pieces of so many bytes.
fn written(
    session: &Session,
    (bytes, name): (&[u8], &str),
    columns: (&str, Option<&str>),
    piece: usize,
    format: SheetFormat,
) -> Vec<u8> {
    let mut survey = Survey::new(name);
    survey.add(bytes);
    let task = session.predicts().expect("a task");
    let sheet = Sheet::open(&survey, task)
        .expect("a table")
        .unwrap_or_else(|| Sheet::whole(bytes, name, task, &Dialect::default()).expect("a table"));
    let mut run = SheetRun::new(session, sheet, columns.0, columns.1, format).expect("columns");
    let mut out = run.header().expect("a header");
    let mut pieces: Vec<(&[u8], bool)> = bytes.chunks(piece).map(|piece| (piece, false)).collect();
    pieces.push((&[], true));
    for (piece, last) in pieces {
        run.push(piece, last).expect("rows");
        while run.waiting() > 0 {
            out.extend(block_on(run.predict(session, 7)).expect("lines"));
        }
    }
    out.extend(run.finish().expect("an end"));
    assert!(run.finish().is_err(), "there is one end");
    out
}

/// `tests/reference/predicted.py` reads the file that this leaves with openpyxl.
#[test]
fn a_result_in_excel_has_the_cells_of_the_one_in_csv_and_text_is_text() {
    let session = trained();
    let texts = fruit::texts(30);
    let mut table = "id;body;note;code\n".to_owned();
    for (row, text) in texts.iter().enumerate() {
        table += &format!("{row};{text};\"=1+{row}\n<&> _x0041_\";00{row}\n");
    }
    let cells = result(&session, table.as_bytes(), "in.csv", ("body", None), 100);
    let bytes = written(&session, (table.as_bytes(), "in.csv"), ("body", None), 100, SheetFormat::Excel);
    let path = format!("{}/predicted.xlsx", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, &bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
    let read = Table::parse(&bytes, "out.xlsx").expect("a workbook");
    assert_eq!((read.format(), read.columns()), ("Excel, sheet 1, header", cells[0].as_slice()));
    assert_eq!(read.rows(), 30);
    for (row, expected) in cells[1..].iter().enumerate() {
        assert_eq!(read.cell(row, 2), format!("=1+{row}\n<&> _x0041_"), "without an apostrophe");
        assert_eq!(read.cell(row, 3), format!("00{row}"), "zeros at the front stay");
        for column in [0, 1, 4] {
            assert_eq!(read.cell(row, column), expected[column]);
        }
        for (column, cell) in expected.iter().enumerate().skip(5) {
            assert_eq!(read.cell(row, column).parse::<f64>(), cell.parse::<f64>());
        }
    }
}

#[test]
fn a_table_comes_back_as_it_was_written() {
    let session = trained();
    let begins = |bytes: &[u8]| {
        let out = written(&session, (bytes, "in.csv"), ("body", None), 100, SheetFormat::Csv);
        String::from_utf8(out).expect("UTF-8").lines().next().map(str::to_owned).unwrap_or_default()
    };
    let names = |mark: &str, between: &str| {
        let own = ["id", "body", "predicted_label", "predicted_score", "score_green", "score_red", "score_yellow"];
        format!("{mark}{}", own.join(between))
    };
    for between in [",", ";", "\t", "|"] {
        let table = format!("id{between}body\n1{between}leaf\n2{between}sky\n");
        assert_eq!(begins(table.as_bytes()), names("", between));
        // Whoever marks UTF-8, or writes in an encoding of before Unicode, opens tables with Excel.
        assert_eq!(begins(format!("\u{feff}{table}").as_bytes()), names("\u{feff}", between));
    }
    // Numbers have the table's own comma; text that looks like one stays as it is.
    let table = "id;body;price\n1;leaf;-0,5\n2;sky;12,25\n";
    let rows = result(&session, table.as_bytes(), "in.csv", ("body", None), 100);
    assert_eq!([rows[1][2].as_str(), rows[2][2].as_str()], ["-0,5", "12,25"], "without an apostrophe");
    let shares = rows[1..].iter().flat_map(|row| &row[4..]);
    assert!(shares.clone().all(|share| share.starts_with("0,") && share.len() == 8), "{rows:?}");
    assert_eq!(shares.count(), 8);
    assert_eq!(begins(b"id;body\n1;K\xE4se\n2;Br\xF6tchen\n"), names("\u{feff}", ";"));
}

#[test]
fn every_row_comes_back_in_its_place_with_what_the_model_says() {
    let session = trained();
    let texts = fruit::texts(40);
    let mut table = "id;predicted_label;body;note\n".to_owned();
    for (row, text) in texts.iter().enumerate() {
        table += &format!("{row};old;{text};\"=HYPERLINK(\"\"http://x\"\");\"\n");
    }
    table += "40;old;  ;-5\n41;old;\"@SUM(A1)\n\"\"two\"\"\";-x\n";
    let rows = result(&session, table.as_bytes(), "in.csv", ("body", None), 100);
    let header = ["id", "predicted_label", "body", "note", "predicted_label (2)", "predicted_score"];
    assert_eq!(rows[0][..6], header);
    assert_eq!(rows[0][6..], ["score_green", "score_red", "score_yellow"]);
    assert_eq!(rows.len(), 43);
    for (row, (said, text)) in rows[1..].iter().zip(predict(&session, &texts).iter().zip(&texts)) {
        assert_eq!((&row[2], row[3].as_str()), (text, "'=HYPERLINK(\"http://x\");"));
        let Prediction::Label { label, .. } = said else { panic!("a label") };
        assert_eq!(&row[4], label);
        for (cell, score) in row[6..].iter().zip(scores(said)) {
            assert!((cell.parse::<f64>().expect("a number") - score).abs() < 1e-5, "{cell} and {score}");
        }
    }
    assert_eq!(rows[41][2..], ["  ", "-5", "", "", "", "", ""], "nothing is said to no text, and a number stays");
    assert_eq!(rows[42][2..4], ["'@SUM(A1)\n\"two\"", "'-x"]);
    assert!(!rows[42][4].is_empty());
    assert_eq!(rows, result(&session, table.as_bytes(), "in.csv", ("body", None), 1), "however it is cut");
}

#[test]
fn columns_that_cannot_be_used_are_refused() {
    let session = trained();
    let begin = |text: &str, pair: Option<&str>| {
        let sheet = Sheet::whole(b"a,b\nx,y\n", "t.csv", Task::Classification, &Dialect::default()).expect("a table");
        SheetRun::new(&session, sheet, text, pair, SheetFormat::Csv).map(|_| ()).expect_err("a mistake").to_string()
    };
    assert!(begin("c", None).contains("“a”, “b”"));
    assert!(begin("a", Some("a")).contains("both texts"));
    let none = empty(DeviceKind::Cpu);
    let sheet = Sheet::whole(b"a,b\nx,y\n", "t.csv", Task::Classification, &Dialect::default()).expect("a table");
    assert!(SheetRun::new(&none, sheet, "a", None, SheetFormat::Csv).is_err(), "no model");
    let sheet = Sheet::whole(b"a,b\nx,y\n", "t.csv", Task::Classification, &Dialect::default()).expect("a table");
    let mut run = SheetRun::new(&session, sheet, "a", None, SheetFormat::Csv).expect("columns");
    run.push(&[], true).expect("rows");
    let mut other = empty(DeviceKind::Cpu);
    other.open_model(Folder::fixture("tiny-classifier").files(), "tiny").expect("a model");
    let error = block_on(run.predict(&other, 9)).expect_err("another model").to_string();
    assert!(error.contains("Another model"), "{error}");
}

/// A session trained for an epoch on a table.
fn on(table: &str, file: &str, task: Task) -> Session {
    on_for(1, table, file, task)
}

fn on_for(epochs: usize, table: &str, file: &str, task: Task) -> Session {
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    session.open_table(table.as_bytes(), file).expect("a table");
    let guess = session.guess_mapping(task).expect("a guess");
    session.map_columns(&guess).expect("a data set");
    session.start(Recipe { epochs, ..fruit::recipe() }).expect("a run");
    finish(&mut session, 9);
    session
}

#[test]
fn words_that_are_given_are_not_cut() {
    let tagged: String = (0..24).map(|row| format!("the O\nb-{} B-X\none O\n\n", ["good", "bad"][row % 2])).collect();
    let session = on_for(20, &tagged, "t.conll", Task::Tokens);
    let said = result(&session, b"text\n\"[\"\"the\"\", \"\"b-bad\"\", \"\"one\"\"]\"\n", "t.csv", ("text", None), 64);
    let entities: Value = serde_json::from_str(&said[1][1]).expect("JSON");
    let found: Vec<&Value> = entities.as_array().expect("a list").iter().map(|entity| &entity["text"]).collect();
    assert_eq!(found, ["b-bad"], "{entities}");
}

#[test]
fn each_task_has_columns_of_its_own() {
    let word = |row: usize| ["good", "bad", "green"][row % 3];
    let rows = |cell: &dyn Fn(usize) -> String| {
        (0..24).map(|row| format!("the {} one {row},{}\n", word(row), cell(row))).collect::<String>()
    };
    let many = format!("text,labels\n{}", rows(&|row| format!("{}|x", word(row))));
    let scored = format!("text,score\n{}", rows(&|row| format!("{}.5", row % 3)));
    let tagged: String = (0..24).map(|row| format!("the O\n{} B-X\none O\n\n", word(row))).collect();
    let asked =
        format!("question,context,answers\n{}", rows(&|row| format!("it is {} and ripe,{}", word(row), word(row))));
    let paired = format!("anchor,positive\n{}", rows(&|row| format!("it is {}", word(row))));
    let plain = format!("text\n{}", (0..24).map(|row| format!("the {} one\n", word(row))).collect::<String>());
    let json_of = |cell: &str| serde_json::from_str::<Value>(cell).unwrap_or_else(|error| panic!("{cell}: {error}"));

    let session = on(&many, "t.csv", Task::MultiLabel);
    let said = result(&session, many.as_bytes(), "t.csv", ("text", None), 64);
    assert_eq!(said[0][2..], ["predicted_labels", "score_bad", "score_good", "score_green", "score_x"]);
    assert!(json_of(&said[1][2]).is_array());

    let session = on(&scored, "t.csv", Task::Regression);
    let said = result(&session, scored.as_bytes(), "t.csv", ("text", None), 64);
    assert_eq!(said[0][2..], ["predicted_score"]);
    assert!(said[1][2].parse::<f64>().is_ok());

    let session = on(&tagged, "t.conll", Task::Tokens);
    let said = result(&session, b"text\nthe green one\n\"[\"\"the\"\", \"\"bad\"\"]\"\n", "t.csv", ("text", None), 64);
    assert_eq!(said[0][1..], ["predicted_entities"]);
    assert!(json_of(&said[1][1]).is_array() && json_of(&said[2][1]).is_array());
    let conll = result(&session, tagged.as_bytes(), "t.conll", ("tokens", None), 64);
    assert_eq!((conll.len(), conll[0].len()), (25, 3));

    let session = on(&asked, "t.csv", Task::Answers);
    let said = result(&session, asked.as_bytes(), "t.csv", ("question", Some("context")), 64);
    assert_eq!(said[0][3..], ["predicted_answer", "predicted_score", "predicted_start", "predicted_end"]);
    assert!(said[1][1].contains(&said[1][3]));
    let sheet = Sheet::whole(asked.as_bytes(), "t.csv", Task::Answers, &Dialect::default()).expect("a table");
    assert_eq!(sheet.info().pair.as_deref(), Some("context"));
    assert!(SheetRun::new(&session, sheet, "question", None, SheetFormat::Csv).is_err());

    let session = on(&paired, "t.csv", Task::Embedding);
    let said = result(&session, paired.as_bytes(), "t.csv", ("anchor", None), 64);
    assert_eq!(json_of(&said[1][2]).as_array().map(Vec::len), Some(32));

    let session = on(&plain, "t.csv", Task::Language);
    let said = result(&session, b"text\nthe [MASK] one\nno mask\n", "t.csv", ("text", None), 64);
    assert_eq!(json_of(&said[1][1]).as_array().map(Vec::len), Some(1));
    assert_eq!(json_of(&said[2][1]), json!([]));
}
