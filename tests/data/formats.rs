//! Files of annotated words and of questions, as tools and data sets have them.

use tabtune::Task;
use tabtune::data::{Dataset, Mapping, Sheet, Survey, Table};

use crate::{cells, mistake};

fn read(text: &str, name: &str) -> Table {
    Table::parse(text.as_bytes(), name).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const CONLL_2003: &str = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP B-MISC\ncall NN I-NP O\n. . O O\n\nPeter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER\n\n-DOCSTART- -X- -X- O\n\nBRUSSELS NNP B-NP B-LOC\n";

#[test]
fn conll_2003_is_known_by_its_lines() {
    for (name, newline) in [("train.txt", "\n"), ("train.conll", "\r\n"), ("eng.testa", "\n")] {
        let table = read(&CONLL_2003.replace('\n', newline), name);
        assert_eq!(table.format(), "CoNLL, UTF-8");
        assert_eq!(table.columns(), ["tokens", "tags"]);
        assert_eq!(
            cells(&table),
            [
                [r#"["EU","rejects","German","call","."]"#, r#"["B-ORG","O","B-MISC","O","O"]"#],
                [r#"["Peter","Blackburn"]"#, r#"["B-PER","I-PER"]"#],
                [r#"["BRUSSELS"]"#, r#"["B-LOC"]"#],
            ]
        );
        assert_eq!((0..3).map(|row| table.line(row)).collect::<Vec<_>>(), [3, 9, 14]);
        assert_eq!(table.notes(), [] as [&str; 0]);
    }
}

#[test]
fn comments_are_told_from_words_that_begin_with_a_hash() {
    let text = "# id 5239d808\tdomain=en\nthe\tO\n#BREXIT\tB-EVT\n# O\n\n# text = next\n#1\tO\nhit\tO\n\n# newdoc\n#\tO\nend\tO\n";
    let text = text.replace("# O", "#\tO");
    let table = read(&text, "wnut.bio");
    assert_eq!(
        cells(&table),
        [
            [r##"["the","#BREXIT","#"]"##, r#"["O","B-EVT","O"]"#],
            [r##"["#1","hit"]"##, r#"["O","O"]"#],
            [r##"["#","end"]"##, r#"["O","O"]"#],
        ]
    );
    let coarse = read("# sent 1\nDie DET\nKatze NOUN\n\n# sent 2\nsie PRON\n", "pos.conll");
    assert_eq!(cells(&coarse)[1], [r#"["sie"]"#, r#"["PRON"]"#]);
}

#[test]
fn words_of_a_tab_separated_file_may_hold_spaces_or_be_empty() {
    let table = read("New York\tB-LOC\n\tO\nis\u{a0}big\tO\n \t \n\"\tO\n", "a.iob2");
    assert_eq!(cells(&table), [["[\"New York\",\"is\u{a0}big\"]", r#"["B-LOC","O"]"#], [r#"["\""]"#, r#"["O"]"#]]);
    assert_eq!(table.notes(), ["1 row has a tag but no word and is left out (line 2)."]);
}

#[test]
fn conll_u_gives_forms_and_parts_of_speech() {
    let sentence = "# sent_id = 1\n# text = Zum Haus.\n1-2\tZum\t_\t_\t_\t_\t_\t_\t_\t_\n1\tZu\tzu\tADP\tAPPR\t_\t3\tcase\t_\t_\n2\tdem\tder\tDET\tART\t_\t3\tdet\t_\t_\n3\tHaus\tHaus\tNOUN\tNN\t_\t0\troot\t_\tSpaceAfter=No\n3.1\tgeht\tgehen\tVERB\t_\t_\t_\t_\t3:dep\t_\n\n";
    for name in ["de.conllu", "de.conll", "de.txt"] {
        let table = read(&sentence.repeat(2), name);
        assert_eq!(table.format(), "CoNLL, UTF-8");
        assert_eq!(cells(&table), [[r#"["Zu","dem","Haus"]"#, r#"["ADP","DET","NOUN"]"#]; 2]);
        assert_eq!(table.notes(), ["This is CoNLL-U: each word's tag is its part of speech (UPOS)."]);
    }
    let wide: String = (1..5).map(|row| format!("{row}\ta\tb\tc\td\te\tf\tg\th\ti\n\n")).collect();
    assert!(!read(&wide, "a.txt").format().starts_with("CoNLL"), "rows with numbers are no sentences");
}

#[test]
fn words_in_rows_of_their_own_are_put_together_to_sentences() {
    let words = ["Yesterday", "\"\"\"\"", "Anna", "left", "", "He", "stayed"];
    let tags = ["O", "O", "B-PER", "O", "O", "O", "O"];
    let first = ["Sentence: 1", "", "", "", "", "Sentence: 2", ""];
    for ids in [first, ["1", "1", "1", "1", "1", "2", "2"]] {
        let row = |at: usize| format!("{},{},X,{}\n", ids[at], words[at], tags[at]);
        let text = format!("Sentence #,Word,POS,Tag\n{}", (0..7).map(row).collect::<String>());
        let table = read(&text, "ner.csv");
        assert_eq!(table.format(), "CSV, comma, quoted, header, sentences by column 1, UTF-8");
        assert_eq!(
            cells(&table),
            [
                [
                    ids[0],
                    r#"["Yesterday","\"","Anna","left",""]"#,
                    r#"["X","X","X","X","X"]"#,
                    r#"["O","O","B-PER","O","O"]"#
                ],
                [ids[5], r#"["He","stayed"]"#, r#"["X","X"]"#, r#"["O","O"]"#],
            ]
        );
        assert_eq!((table.line(0), table.line(1)), (2, 7));
        let said = "The table has a row for each word. By “Sentence #”, 7 rows were put together to 2 sentences.";
        assert_eq!(table.notes(), [said]);
        let mapping = Mapping::guess(&table);
        assert_eq!((mapping.text.as_str(), mapping.label.as_str()), ("Word", "Tag"));
        // Whoever asks for a row gets that of the file.
        let mut survey = Survey::new("ner.csv");
        survey.add(text.as_bytes());
        let sheet = Sheet::open(&survey, Task::Tokens).expect("a sheet").expect("one that is read in pieces");
        assert_eq!(sheet.info().preview[0][1], "Yesterday");
    }
    let row = |at: usize| format!("{{\"sentence_id\": {}, \"word\": \"w{at}\", \"tag\": \"O\"}}", at / 3);
    let list = read(&format!("[{}]", (0..6).map(row).collect::<Vec<_>>().join(",")), "ner.json");
    assert_eq!(list.format(), "JSON list, sentences by column 1, UTF-8");
    assert_eq!(cells(&list)[1], ["1", r#"["w3","w4","w5"]"#, r#"["O","O","O"]"#]);
    for text in [
        "sentence,word,label\nThe bank is closed.,bank,money\nWe sat on the bank.,bank,river\n",
        "sentence_id,word,tag\n1,Anna,B-PER\n2,Bert,B-PER\n",
        "sentence_id,word,tag\n1,Anna Bee,B-PER I-PER\n1,left here,O O\n",
    ] {
        assert_eq!(read(text, "a.csv").rows(), 2, "{text}");
    }
}

#[test]
fn a_list_of_words_with_tags_in_a_text_file_is_told_its_name() {
    let table = read("Yesterday O\nNestlé ORG\n\nhired O\n", "bare.txt");
    let refused = Dataset::build(&table, &Mapping::guess(&table)).expect_err("one column").to_string();
    assert!(refused.ends_with("A file with a word and its tag in each line must end in .conll."), "{refused}");
}

#[test]
fn exports_that_are_no_tables_tell_what_to_export() {
    let spacy = r#"["We met Anna", {"entities": [[7, 11, "PER"]]}]"#;
    let studio = r#"{"id": 1, "annotations": [{"id": 2, "result": [{"value": {"start": 7}}]}], "data": {"text": "We met Anna"}}"#;
    let cases = [
        (format!("[{studio}]"), "JSON-MIN"),
        (format!("[{spacy}]"), "an object per line"),
        (format!("{{\"classes\": [\"PER\"], \"annotations\": [{spacy}]}}"), "an object per line"),
    ];
    for (text, advice) in cases {
        let (_, message) = mistake(text.as_bytes(), "a.json");
        assert!(message.contains(advice.trim_start_matches("an ")), "{message}");
    }
    let annotated = r#"{"text": "We met Anna", "annotations": {"entities": [[7, 11, "PER"]]}}"#;
    assert_eq!(read(annotated, "a.jsonl").rows(), 1);
    let own = r#"[{"data": "We met Anna", "annotations": [[7, 11, "PER"]]}]"#;
    assert_eq!(read(own, "a.json").rows(), 1);
}

#[test]
fn other_tables_are_not_taken_for_conll() {
    for text in ["text,label\ngood O,O\n\nbad O,B-x\n", "a\tO\nb\tO\n", "It is A O\n\nand so on\n\nB-side\n"] {
        assert!(!read(text, "a.txt").format().starts_with("CoNLL"), "{text}");
    }
}

#[test]
fn mistakes_in_conll_files_name_their_line() {
    let cases = [
        ("a O\nb\n\nc O\n", 2, "no tag"),
        ("a\nb\n", 1, "no tag"),
        ("a\tO\nb\t\n", 2, "no tag"),
        ("a O\nNew York B-LOC\n", 2, "3 columns, but the first one has 2"),
    ];
    for (text, line, reason) in cases {
        let (found, message) = mistake(text.as_bytes(), "a.conll");
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(message.contains(reason), "{message}");
    }
    let endless = format!("a O\n\n{}", "word B-LOC\n".repeat(200_000));
    let (line, message) = mistake(endless.as_bytes(), "a.conll");
    assert_eq!(line, Some(3));
    assert!(message.contains("blank lines"), "{message}");
    assert!(mistake(b"-DOCSTART- O\n\n# nothing\n", "a.conll").1.contains("no rows"));
}

/// In the order of SQuAD 2's own files, whose paragraphs have their context last.
const SQUAD: &str = r#"{"version": "v2.0", "data": [{"title": "Normans", "paragraphs": [
  {"qas": [
    {"question": "Where is Normandy?", "id": "56ddde6b", "answers": [{"text": "France", "answer_start": 27}, {"text": "in France", "answer_start": 24}], "is_impossible": false},
    {"plausible_answers": [{"text": "10th", "answer_start": 0}], "question": "Who gave their name?", "id": "5ad39d53", "answers": [], "is_impossible": true}
  ], "context": "Normandy (größer) lies now in France."}
]}, {"title": "Empty", "paragraphs": []}]}"#;

#[test]
fn squad_gives_a_row_per_question() {
    let rows = [
        [
            "56ddde6b",
            "Where is Normandy?",
            "Normandy (größer) lies now in France.",
            r#"[{"text":"France","answer_start":27},{"text":"in France","answer_start":24}]"#,
        ],
        ["5ad39d53", "Who gave their name?", "Normandy (größer) lies now in France.", "[]"],
    ];
    let table = read(SQUAD, "dev-v2.0.json");
    assert_eq!(table.format(), "SQuAD JSON, UTF-8");
    assert_eq!(table.columns(), ["id", "question", "context", "answers"]);
    assert_eq!(cells(&table), rows);
    assert_eq!((table.line(0), table.line(1)), (3, 4));
    let one_line = SQUAD.replace('\n', "");
    assert_eq!(cells(&read(&one_line, "squad")), rows);
    // A test file has no answers, and ids may be numbers.
    let bare = r#"{"data":[{"paragraphs":[{"context":"c","qas":[{"id":7,"question":"q"}]}]}]}"#;
    assert_eq!(cells(&read(bare, "a.json")), [["7", "q", "c", "[]"]]);
}

#[test]
fn a_long_squad_file_may_stand_on_one_line() {
    let paragraph = SQUAD.replace('\n', "");
    let article = &paragraph[paragraph.find("{\"title\"").expect("an article")..paragraph.len() - 2];
    let file = format!("{{\"data\":[{}]}}", vec![article; 4000].join(","));
    assert!(file.len() > 1 << 20);
    assert_eq!(read(&file, "train.json").rows(), 8000);
}

#[test]
fn mistakes_in_squad_files_name_their_line() {
    let cases = [
        (SQUAD.replace("\"context\"", "\"contexts\""), 2, "no “context”"),
        (SQUAD.replace("\"answer_start\": 27", "\"answer_start\": \"27\""), 3, "cannot be read"),
        (SQUAD.replace("in France.\"", "in\\u0000France.\""), 3, "NUL"),
        (SQUAD[..SQUAD.len() - 3].to_owned(), 6, "closing"),
        (format!("{SQUAD}\n{SQUAD}"), 7, "after the end"),
        (SQUAD.replace("\"question\": \"Where", "question: \"Where"), 3, "cannot be read"),
        (SQUAD.replace("\"Empty\",", "\"Empty\""), 6, "closing brace"),
    ];
    for (text, line, reason) in cases {
        let (found, message) = mistake(text.as_bytes(), "a.json");
        assert_eq!(found, Some(line), "{message}");
        assert!(message.contains(reason), "{message}");
    }
    let long = SQUAD.replace("lies now", &"lies now ".repeat(200_000));
    assert!(mistake(long.as_bytes(), "a.json").1.contains("1 MiB"));
    let deep = format!("{{\"x\": {}, \"data\": [{{\"paragraphs\": []}}]}}", "[".repeat(200_000));
    mistake(deep.as_bytes(), "a.json");
    let deep = SQUAD.replace("\"56ddde6b\"", &format!("{}1{}", "[".repeat(1000), "]".repeat(1000)));
    assert!(mistake(deep.as_bytes(), "a.json").1.contains("recursion limit"));
}

#[test]
fn lists_in_json_lines_become_cells_of_json() {
    let table = read("{\"tokens\": [\"a\", \"ü\"], \"tags\": [0, 1]}\n{\"tokens\": [], \"tags\": [ ]}\n", "a.jsonl");
    assert_eq!(cells(&table), [[r#"["a","ü"]"#, "[0,1]"], ["[]", "[]"]]);
    assert_eq!(table.notes(), [] as [&str; 0], "columns of lists alone are meant so");
    let (line, message) = mistake(b"{\"a\": 1}\n{\"a\": [{\"b\": \"\\u0000\"}]}\n", "a.jsonl");
    assert_eq!(line, Some(2));
    assert!(message.contains("NUL"), "{message}");
}

#[test]
fn objects_in_json_become_columns() {
    let lines = "{\"id\":1,\"review\":{\"body\":\"a\",\"by\":{\"name\":\"x\",\"at\":{\"city\":\"y\"}}},\"tags\":[{\"a\":1}]}\n{\"id\":2,\"review\":{},\"tags\":[]}\n";
    let list = format!("[{}]", lines.trim().replace('\n', ","));
    for table in [read(lines, "a.jsonl"), read(&list, "a.json")] {
        assert_eq!(table.columns(), ["id", "review.body", "review.by.name", "review.by.at", "tags"]);
        let rows = [["1", "a", "x", "{\"city\":\"y\"}", "[{\"a\":1}]"], ["2", "", "", "", "[]"]];
        assert_eq!(cells(&table), rows);
    }
    let nested = |row: usize| {
        format!(
            "{{\"input\":{{\"text\":\"text {row}\"}},\"annotations\":{{\"label\":\"{}\",\"by\":\"anna\"}}}}\n",
            row % 2
        )
    };
    let mapping = Mapping::guess(&read(&(0..40).map(nested).collect::<String>(), "a.jsonl"));
    assert_eq!((mapping.text.as_str(), mapping.label.as_str()), ("input.text", "annotations.label"));
    let answers = r#"{"context":"c","question":"q","answers":{"text":["c"],"answer_start":[0]}}"#;
    assert_eq!(
        cells(&read(answers, "a.jsonl")),
        [["c", "q", r#"{"text":["c"],"answer_start":[0]}"#]],
        "answers are one cell"
    );
    let wide: String = (0..5000).map(|key| format!("\"k{key}\":1,")).collect();
    let (line, message) = mistake(format!("{{\"a\":{{{}\"z\":1}}}}", wide).as_bytes(), "a.jsonl");
    assert_eq!(line, Some(1));
    assert!(message.contains("more than 4096 columns"), "{message}");
}

#[test]
fn one_object_of_json_may_hold_the_columns() {
    let rows = [["a", "1", "x"], ["b", "2", ""]];
    for (text, kind) in [
        ("{\"text\": [\"a\", \"b\"],\n \"label\": [1, 2], \"by\": [{\"name\": \"x\"}, null]}", "lists"),
        (
            "{\"text\":{\"0\":\"a\",\"1\":\"b\"},\"label\":{\"0\":1,\"1\":2},\"by\":{\"0\":\"x\",\"1\":null}}\n",
            "objects, of pandas",
        ),
        ("{\"data\": [{\"text\":\"a\",\"label\":1,\"by\":\"x\"},{\"text\":\"b\",\"label\":2}]}", "a list of rows"),
    ] {
        let table = read(text, "a.json");
        assert_eq!(table.format(), "JSON columns, UTF-8");
        let found: Vec<Vec<&str>> = cells(&table).into_iter().map(|row| row[..3].to_vec()).collect();
        assert_eq!(found, rows, "{kind}");
    }
    let lines = "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n{\"tokens\":[\"b\"],\"tags\":[\"O\"]}\n";
    for name in ["a.json", "a.jsonl"] {
        assert_eq!(read(lines, name).format(), "JSON Lines, UTF-8");
    }
    let one = lines.lines().next().expect("a line");
    assert_eq!(cells(&read(one, "a.jsonl")), [[r#"["a"]"#, r#"["O"]"#]], "a row of JSON Lines");
    let long =
        format!("{{\"text\":[{}\"\"],\"label\":[{}1]}}", "\"some words\",".repeat(100_000), "0,".repeat(100_000));
    assert_eq!(read(&long, "a.json").rows(), 100_001, "on a line of any length");
    for (text, reason) in [
        ("{\"a\":[1,2],\"b\":[1]}", "“a” and “b” differ from value 2 on"),
        ("{\"a\":[1],\"b\":2}", "“b” is no list of the values of a column"),
        ("{\"a\":[1],\"b\":[2}", "The JSON is broken here"),
        ("{\"a\":[],\"b\":[]}", "no rows"),
    ] {
        let (_, message) = mistake(text.as_bytes(), "a.json");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn rows_of_json_on_one_line_are_told_apart_by_their_number() {
    let lines = |text: &str, name: &str| {
        let table = Table::parse(text.as_bytes(), name).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (0..table.rows()).map(|row| table.line(row)).collect::<Vec<_>>()
    };
    let list = "[{\"text\": \"a\", \"label\": 1}, {\"text\": \"b\", \"label\": 2}, {\"text\": \"c\", \"label\": 1}]\n";
    assert_eq!(lines(list, "a.json"), [1, 2, 3]);
    assert_eq!(lines(&list.replace("}, ", "},\n\n"), "a.json"), [1, 3, 5], "else by its line");
    assert_eq!(lines("{\"text\": [\"a\", \"b\"], \"label\": [1, 2]}", "a.json"), [1, 2]);
    let asked = |id: u8| format!("{{\"id\": {id}, \"question\": \"q\", \"answers\": []}}");
    let paragraph = format!("{{\"context\": \"c\", \"qas\": [{}, {}]}}", asked(1), asked(2));
    let squad = format!("{{\"data\": [{{\"paragraphs\": [{paragraph}, {paragraph}]}}]}}");
    assert_eq!(lines(&squad, "a.json"), [1, 2, 3, 4]);
}
