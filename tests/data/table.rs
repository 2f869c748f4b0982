//! Reading table files: every encoding, delimiter and quoting.

use tabtune::data::{Mapping, Table};

use crate::{cells, parse, utf16};

#[test]
fn plain_csv() {
    let table = parse("text,label\ngood film,pos\nbad film,neg\n");
    assert_eq!(table.columns(), ["text", "label"]);
    assert_eq!(cells(&table), [["good film", "pos"], ["bad film", "neg"]]);
    assert_eq!(table.format(), "CSV, comma, not quoted, header, UTF-8");
    assert_eq!((table.line(0), table.line(1)), (2, 3));
    assert_eq!(table.notes(), [] as [&str; 0]);
}

#[test]
fn delimiters_are_found() {
    for (delimiter, words) in [(',', "CSV, comma"), (';', "CSV, semicolon"), ('\t', "TSV, tab"), ('|', "CSV, pipe")] {
        let text = format!("text{delimiter}label\nGood: a film. Yes{delimiter}pos\nBad - a film{delimiter}neg\n");
        let table = parse(&text);
        assert_eq!(cells(&table)[0], ["Good: a film. Yes", "pos"]);
        assert!(table.format().starts_with(words), "{}", table.format());
    }
}

#[test]
fn delimiters_inside_texts_do_not_mislead() {
    let table = parse("text;label\nGood, long, and fine;pos\nBad, short;neg\nSo, so, la, la;neg\n");
    assert_eq!(cells(&table)[2], ["So, so, la, la", "neg"]);
    let table = parse("text\tlabel\na, b; c\tpos\nd, e; f\tneg\n");
    assert_eq!(cells(&table)[0], ["a, b; c", "pos"]);
    let table = parse("text,label\n\"a; b; c, d\",pos\n\"e; f, g\",neg\n");
    assert_eq!(cells(&table)[1], ["e; f, g", "neg"]);
}

#[test]
fn excel_may_announce_its_delimiter() {
    let table = parse("sep=;\r\ntext;label\r\n\"a;\r\nb\";pos\r\nc;neg\r\n");
    assert_eq!(cells(&table), [["a;\r\nb", "pos"], ["c", "neg"]]);
    assert_eq!((table.line(0), table.line(1)), (3, 5));
}

#[test]
fn comments_above_the_header_are_passed_over() {
    let table = parse("# exported 2024, by hand\n# survey 12\n\ntext,label\na,pos\nb,neg\n");
    assert_eq!(
        (table.columns(), cells(&table)),
        (&["text".into(), "label".into()][..], vec![vec!["a", "pos"], vec!["b", "neg"]])
    );
    assert_eq!((table.line(0), table.line(1)), (5, 6));
    assert_eq!(table.format(), "CSV, comma, not quoted, header, 3 lines skipped, UTF-8");
    assert_eq!(table.notes(), ["The lines above the table that begin with # are taken for comments and passed over."]);
    for header in ["#id,text", "# id, text"] {
        assert_eq!(parse(&format!("{header}\n1,a\n2,b\n")).columns().len(), 2, "a header");
        assert_eq!(parse(&format!("{header}\n1,a\n2,b\n")).rows(), 2);
    }
    assert_eq!(parse("text\n#a b\n#c\n").rows(), 2);
}

#[test]
fn titles_above_the_header_are_passed_over() {
    let padded = parse("Survey 2024;;\n;;\ntext;label;who\nThe parcel, late;bad;A\nAll fine;good;\n");
    assert_eq!(padded.columns(), ["text", "label", "who"]);
    assert_eq!(cells(&padded), [["The parcel, late", "bad", "A"], ["All fine", "good", ""]]);
    assert_eq!((padded.line(0), padded.line(1)), (4, 5));
    assert_eq!(padded.format(), "CSV, semicolon, not quoted, header, 2 lines skipped, UTF-8");
    assert_eq!(padded.notes(), ["The 2 lines above the column names are taken for titles and passed over."]);
    let bare = parse("# by hand\nSurvey of mails\ntext,label\n\"a, b\",x\nc,y\n");
    assert_eq!((bare.columns(), bare.rows()), (&["text".into(), "label".into()][..], 2));
    assert_eq!(bare.format(), "CSV, comma, quoted, header, 2 lines skipped, UTF-8");
    assert_eq!(bare.notes(), padded.notes(), "a comment above a title is one, too");
    let one = parse("Survey of mails\r\ntext\tlabel\r\na, b\tx\r\n");
    assert_eq!(one.format(), "TSV, tab, not quoted, header, 1 line skipped, UTF-8");
    assert_eq!(one.notes(), ["The line above the column names is taken for a title and passed over."]);
}

#[test]
fn what_may_be_a_row_or_a_header_is_no_title() {
    // An index without a name, texts that hold names of columns, a row with one cell alone, and names that are not known.
    for (text, columns, rows) in [
        (",text\n0,one\n1,two\n", &["column 1", "text"][..], 2),
        ("text\nlabel, text\nwho, me\nno one\n", &["text"], 3),
        ("Good morning,\nAll fine,b\nLate again,b\nNo idea,c\n", &["Good morning", "column 2"], 3),
        ("Kommentar;;\nX;Y;Z\nu;v;w\n", &["Kommentar", "column 2", "column 3"], 2),
    ] {
        let table = parse(text);
        assert_eq!(
            (table.columns(), table.rows()),
            (&columns.iter().map(ToString::to_string).collect::<Vec<_>>()[..], rows)
        );
    }
}

#[test]
fn quoted_cells_keep_their_text_exactly() {
    let table = parse("text,label\r\n\"He said \"\"hi\"\",\r\n  then left \",pos\r\n 5\" disk ,neg\r\n\"\",neg\r\n");
    assert_eq!(cells(&table), [["He said \"hi\",\r\n  then left ", "pos"], [" 5\" disk ", "neg"], ["", "neg"]]);
    assert_eq!((table.line(0), table.line(1), table.line(2)), (2, 4, 5));
    assert!(table.format().contains(", quoted,"), "{}", table.format());
}

#[test]
fn lines_are_those_of_an_editor() {
    for newline in ["\n", "\r\n", "\r"] {
        let text = ["", "text,label", "", "a,x", "\"b", "", "c\",y", "", "", "d,x"].join(newline);
        let table = parse(&text);
        assert_eq!((0..3).map(|row| table.line(row)).collect::<Vec<_>>(), [4, 5, 10], "{newline:?}");
    }
}

#[test]
fn tsv_without_quoting_is_read_as_it_stands() {
    let table = parse("sentence\tlabel\n\"Great\" film\t1\n\"Bad film\t0\nIt's \"ok\"\t1\n");
    assert_eq!(cells(&table), [["\"Great\" film", "1"], ["\"Bad film", "0"], ["It's \"ok\"", "1"]]);
    let table = parse("sentence\tlabel\n\"a\tb\"\t1\n\"c\nd\"\t0\n");
    assert_eq!(cells(&table), [["a\tb", "1"], ["c\nd", "0"]]);
}

#[test]
fn headers_are_told_from_rows() {
    for headed in [
        "text,label\na b c,pos\nd e f,neg\n",
        "0,1\nSome words here,pos\nOther words here,neg\n",
        "foo,bar\nwords,1\nother words,2\n",
        "frage,antwort\nWie geht es dir?,gut\nUnd dir?,schlecht\n",
        "text,label\n",
    ] {
        match Table::parse(headed.as_bytes(), "a.csv") {
            Ok(table) => assert!(table.format().contains(", header,"), "{headed}"),
            Err(error) => assert!(error.to_string().contains("header but no rows"), "{error}"),
        }
    }
    for headless in [
        "ham\tGo until jurong point\nspam\tFree entry in a comp\nham\tOk lar\nham\tU dun say\n",
        "1,I liked this film\n0,I did not\n",
        "how are you,question\nfine,comment\nand you,question\nso so,comment\n",
        "\"An excellent film, which I would see again at any time, and with my whole family.\",pos\n\"Bad.\",neg\n",
    ] {
        let table = parse(headless);
        assert_eq!(table.columns(), ["column 1", "column 2"], "{headless}");
        assert_eq!((table.rows(), table.line(0)), (headless.lines().count(), 1));
        assert!(table.notes()[0].contains("no header"), "{:?}", table.notes());
    }
}

#[test]
fn column_names_are_unique_and_not_empty() {
    let table = parse(",text,text, label ,\n0,a,b,x,\n1,c,d,y,\n");
    assert_eq!(table.columns(), ["column 1", "text", "text (2)", "label", "column 5"]);
    assert_eq!(table.notes(), ["Columns without a name of their own were named “column 1”, “text (2)”, “column 5”."]);
}

#[test]
fn short_rows_are_filled_and_noted() {
    let table = parse("text,label,more\na,x,1\nb,y\nc\nd,x,2,,\n");
    assert_eq!(cells(&table)[1..3], [["b", "y", ""], ["c", "", ""]]);
    assert_eq!(
        table.notes(),
        ["2 rows have fewer cells than the table has columns; the missing ones are taken as empty (lines 3, 4)."]
    );
}

#[test]
fn every_encoding_gives_the_same_cells() {
    let text = "text,label\nKäse für Zoë…,größe\nein „Satz“,klein\n";
    let expected = parse(text);
    let (latin, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
    assert!(!lossy);
    let files = [
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), "UTF-8 with BOM"),
        (utf16(text, false, true), "UTF-16"),
        (utf16(text, true, true), "UTF-16"),
        (utf16(text, false, false), "UTF-16"),
        (utf16(text, true, false), "UTF-16"),
        (latin.into_owned(), "windows-1252"),
    ];
    for (bytes, encoding) in files {
        let table = Table::parse(&bytes, "table.csv").unwrap_or_else(|error| panic!("{encoding}: {error}"));
        assert_eq!(cells(&table), cells(&expected), "{encoding}");
        assert!(table.format().ends_with(encoding), "{}", table.format());
    }
}

#[test]
fn utf16_without_a_mark_is_found_in_other_scripts() {
    for text in [
        "text,label\nЭто хороший фильм,да\nЭто плохой фильм,нет\n",
        "text,label\n這部電影很好看我想再看一次上上下下,pos\n不好看,neg\n",
        "text,label\nこの映画はとても良い,pos\nつまらない,neg\n",
    ] {
        for big_endian in [false, true] {
            let table = Table::parse(&utf16(text, big_endian, false), "a.csv").expect("UTF-16");
            assert_eq!(cells(&table), cells(&parse(text)));
        }
    }
}

#[test]
fn a_few_damaged_bytes_are_replaced_and_noted() {
    let mut bytes = "text,label\nKäse für Zoë äöüäöü äöüäöü,a\nschön,b\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"dam\xFFaged,a\n");
    let table = Table::parse(&bytes, "a.csv").expect("a table");
    assert_eq!(table.cell(2, 0), "dam\u{FFFD}aged");
    assert!(table.notes()[0].contains("first in line 4"), "{:?}", table.notes());
}

#[test]
fn json_lines() {
    let table = Table::parse(
        b"{\"text\": \"a\\nb\", \"label\": 1}\n\n{\"label\": true, \"text\": null, \"x\": [1, {\"y\": 2}]}\r\n{\"text\": \"c\", \"label\": 1.5, \"x\": 7}",
        "data.jsonl",
    )
    .expect("JSON Lines");
    assert_eq!(table.columns(), ["text", "label", "x"]);
    assert_eq!(cells(&table), [["a\nb", "1", ""], ["", "true", "[1,{\"y\":2}]"], ["c", "1.5", "7"]]);
    assert_eq!((0..3).map(|row| table.line(row)).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(table.format(), "JSON Lines, UTF-8");
    assert!(table.notes()[0].contains("as JSON (line 3)"), "{:?}", table.notes());
    // Where there are only lists, or nothing, they are meant so.
    let lists = Table::parse(b"{\"text\": \"a\", \"x\": [1]}\n{\"text\": \"b\"}\n", "data.jsonl").expect("JSON Lines");
    assert_eq!(lists.notes(), [""; 0]);
}

#[test]
fn a_json_list_may_stand_on_one_long_line_or_on_many() {
    let object = format!("{{\"text\":\"{}\",\"label\":\"x\"}}", "word ".repeat(1000));
    let list = format!("[{}]", vec![object; 500].join(","));
    assert!(list.len() > 2 << 20);
    assert_eq!(Table::parse(list.as_bytes(), "a.json").expect("a list").rows(), 500);
    let pretty =
        "[\n  {\n    \"text\": \"a\",\n    \"label\": 0\n  },\n  {\n    \"text\": \"b\",\n    \"label\": 1\n  }\n]\n";
    let table = Table::parse(pretty.as_bytes(), "a.json").expect("a list");
    assert_eq!(cells(&table), [["a", "0"], ["b", "1"]]);
    assert_eq!((table.line(0), table.line(1)), (2, 6));
}

#[test]
fn one_column_is_a_table_whose_commas_are_text() {
    let table = parse("text\nGood, yes\nBad; no\n");
    assert_eq!(cells(&table), [["Good, yes"], ["Bad; no"]]);
    assert_eq!(table.format(), "CSV, one column, not quoted, header, UTF-8");
}

#[test]
fn info_counts_what_columns_hold() {
    let long = "ä".repeat(1001);
    let info = parse(&format!("text,label,none\n{long},a, \nb,b,\nb,a,\n")).info();
    assert_eq!(info.rows, 3);
    assert_eq!(info.columns.iter().map(|column| column.distinct).collect::<Vec<_>>(), [2, 2, 0]);
    assert_eq!(info.columns.iter().map(|column| column.empty).collect::<Vec<_>>(), [0, 0, 3]);
    assert_eq!(info.columns.iter().map(|column| column.mean_characters).collect::<Vec<_>>(), [1003.0 / 3.0, 1.0, 0.0]);
    assert_eq!(info.preview[0][0], "ä".repeat(1000) + "…");
    assert_eq!(info.mapping, Mapping::new("text", "label"));
    let json = serde_json::to_value(&info).expect("it serialises");
    assert_eq!(json["columns"][0]["mean_characters"], 1003.0 / 3.0);
    assert_eq!(json["mapping"]["split"], serde_json::Value::Null);
    let many: String = (0..20).map(|row| format!("t{row},{}\n", row % 2)).collect();
    assert_eq!(parse(&format!("text,label\n{many}")).info().preview.len(), 8);
}

#[test]
fn hostile_cells_stay_text() {
    let table = parse("text,label\n<img src=x onerror=alert(1)>,\"<img onerror=\"\"x\"\">\"\n=cmd|' /C calc'!A0,b\n");
    assert_eq!(cells(&table)[0], ["<img src=x onerror=alert(1)>", "<img onerror=\"x\">"]);
    assert_eq!(cells(&table)[1], ["=cmd|' /C calc'!A0", "b"]);
}

#[test]
fn random_tables_survive_writing_and_reading() {
    let letters = ['a', 'B', ' ', '"', ',', ';', '\n', '\r', '|', '\t', 'ß', '語', '😀', '\'', '7', '.', '\\'];
    let mut state = 7_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    for round in 0..300 {
        let rows: Vec<[String; 2]> = (0..1 + next(8))
            .map(|_| {
                let mut cell = || (0..1 + next(12)).map(|_| letters[next(letters.len())]).collect::<String>();
                [cell(), cell()]
            })
            .collect();
        for delimiter in [b',', b';', b'\t', b'|'] {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .quote_style(csv::QuoteStyle::Always)
                .from_writer(Vec::new());
            writer.write_record(["text", "label"]).expect("written to memory");
            for row in &rows {
                writer.write_record(row).expect("written to memory");
            }
            let bytes = writer.into_inner().expect("written to memory");
            let table = Table::parse(&bytes, "a.csv").unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert_eq!(cells(&table), rows, "round {round}");
        }
    }
}
