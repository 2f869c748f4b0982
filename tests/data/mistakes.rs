//! A clear sentence for every bad table file, with the line where it is.

use tabtune::Task;
use tabtune::data::{Dataset, Mapping, Table};

use crate::{damaged, mistake, parse};

#[test]
fn broken_json_names_line_and_reason() {
    let cases: [(&str, u64, &str); 9] = [
        ("{\"text\": \"a\"}\n[1, 2]\n", 2, "not a JSON object"),
        ("{\"text\": \"a\"}\n{\"text\": \"b\"\n", 2, "EOF"),
        ("{\"text\": \"a\"}\n{\"text\": \"\\u0000\"}\n", 2, "NUL"),
        ("{\"text\": \"a\"} {\"text\": \"b\"}\n", 1, "trailing characters"),
        ("[{\"text\": \"a\"},\n{\"text\": \"b\"}", 2, "closing bracket"),
        ("[{\"text\": \"a\"},\n{\"text\": \"b\"}]\nmore", 3, "after the end"),
        ("[{\"text\": \"a\"},\n\n{\"text\": b}]", 3, "expected value"),
        ("[{\"text\": \"a\"},\n3]", 2, "not a JSON object"),
        ("[{\"text\": \"a\"},\n", 2, "not a JSON object"),
    ];
    for (text, line, reason) in cases {
        let (found, message) = mistake(text.as_bytes(), "a.jsonl");
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(message.contains(reason), "{message}");
    }
    let deep = format!("{{\"text\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let (line, message) = mistake(deep.as_bytes(), "a.jsonl");
    assert_eq!(line, Some(1));
    assert!(message.contains("recursion limit"), "{message}");
    assert!(mistake(b"[]", "a.json").1.contains("no rows"));
}

#[test]
fn files_without_rows() {
    for empty in [&b""[..], b"\xEF\xBB\xBF", b" \n\r\n\t\n", b"\xFF\xFE"] {
        assert!(mistake(empty, "a.csv").1.contains("is empty"));
    }
    for header in ["text,label", "text,label\n\n\n", "label\n", "sep=;\ntext;label\n"] {
        assert!(mistake(header.as_bytes(), "a.csv").1.contains("header but no rows"), "{header}");
    }
}

#[test]
fn files_that_are_no_tables_are_named() {
    let files: [(&[u8], &str); 8] = [
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", "old Excel"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"7z\xBC\xAF\x27\x1C\0\x04", "7z"),
        (b"%PDF-1.7\n", "PDF"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x89PNG\r\n\x1A\n", "image"),
        (b"\xFF\xFE\0\0t\0\0\0", "UTF-32"),
    ];
    for (bytes, what) in files {
        let (_, message) = mistake(bytes, "table.csv");
        assert!(message.contains(what), "{message}");
    }
    // A linear congruential generator's high bytes: no known magic, no text.
    let noise: Vec<u8> = (0..50_000_u32)
        .scan(1_u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 24) as u8)
        })
        .collect();
    assert!(mistake(&noise, "a.csv").1.contains("binary file"));
    let zeros = [b"text,label\n".as_slice(), &[0; 1000]].concat();
    assert!(mistake(&zeros, "a.csv").1.contains("binary file"));
    let weights: Vec<u8> = (0..4000_u16).flat_map(|n| (f32::from(n) / 4000.0).to_le_bytes()).collect();
    assert!(mistake(&weights, "model.safetensors").1.contains("binary file"));
}

#[test]
fn nul_characters_name_their_line() {
    let (line, message) = mistake(b"text,label\ngood,pos\nb\0ad,neg\n", "a.csv");
    assert_eq!(line, Some(3));
    assert!(message.contains("NUL"), "{message}");
    assert_eq!(mistake(b"text,label\nK\xE4se,pos\nb\0ad und so weiter,neg\nmore,pos\n", "a.csv").0, Some(3));
}

#[test]
fn quotes_that_do_not_close_name_the_line_where_they_open() {
    let cases = [
        ("text,label\na,x\n\"b,y\nc,x\nd,y\n", 3, "never closed"),
        ("text,label\n\"a\",x\n\"b \"\"quoted\"\",y\n", 3, "never closed"),
        ("text,label\na,x\n\"b,y\n\"c\",x\n", 3, "in the middle of a cell (line 4)"),
        ("text,label\n\"a\" b,x\n", 2, "in the middle of a cell (line 2)"),
        ("text\tlabel\na\tx\n\"b\ny\tz\t1\n", 3, "never closed"),
    ];
    for (text, line, reason) in cases {
        let (found, message) = mistake(text.as_bytes(), "a.csv");
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn lines_and_cells_over_a_mebibyte_name_their_line() {
    let long = "x".repeat(10 << 20);
    for (name, rows) in [("a.csv", "text,label\ngood,pos\n"), ("a.jsonl", "{\"text\": 1}\n\n")] {
        let (line, message) = mistake(format!("{rows}{long}\n").as_bytes(), name);
        assert_eq!(line, Some(3));
        assert!(message.contains("longer than 1 MiB"), "{message}");
    }
    let many_lines = "x\n".repeat(1 << 20);
    let (line, message) = mistake(format!("text,label\n\"{many_lines}\",neg\n").as_bytes(), "a.csv");
    assert_eq!(line, Some(2));
    assert!(message.contains("longer than 1 MiB"), "{message}");
    let most = "x".repeat((1 << 20) - 10);
    assert_eq!(parse(&format!("text,label\n{most},neg\n")).cell(0, 0).len(), most.len());
}

#[test]
fn rows_with_too_many_cells_name_line_and_counts() {
    let (line, message) = mistake(b"text,label\na,x\nb, and c,y\n", "a.csv");
    assert_eq!(line, Some(3));
    assert!(message.contains("3 cells") && message.contains("has 2") && message.contains("quotes"), "{message}");
}

#[test]
fn too_many_columns_are_refused() {
    let header: Vec<String> = (0..5000).map(|column| format!("c{column}")).collect();
    let (line, message) = mistake(format!("{}\n1,2\n", header.join(",")).as_bytes(), "a.csv");
    assert_eq!(line, Some(1));
    assert!(message.contains("4096 columns"), "{message}");
    let lines: Vec<String> = (0..5000).map(|row| format!("{{\"c{row}\": 1}}")).collect();
    assert_eq!(mistake(lines.join("\n").as_bytes(), "a.jsonl").0, Some(4097));
}

#[test]
fn damaged_files_are_read_or_refused_but_never_panic() {
    damaged(20_000, |bytes, name| {
        if let Ok(table) = Table::parse(bytes, name) {
            let mapping = table.info().mapping;
            // Nearly all of these have too few rows or classes; they must say so rather than panic.
            let _ = Dataset::build(&table, &mapping);
            for (_, task) in Task::ALL {
                let _ = Dataset::build(&table, &Mapping::guess_for(&table, *task));
            }
        }
    });
}
