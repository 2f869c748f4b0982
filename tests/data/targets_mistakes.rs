//! A clear sentence for every cell that a task cannot read, with its line and column.

use tabtune::data::{Dataset, Mapping, Table};
use tabtune::{Error, Task};

/// Line, column and sentence of the mistake.
fn refused(text: &str, mapping: impl Fn(&Table) -> Mapping) -> (Option<u64>, Option<String>, String) {
    let name = if text.starts_with('{') { "a.jsonl" } else { "a.csv" };
    let table = Table::parse(text.as_bytes(), name).unwrap_or_else(|error| panic!("{error}\n{text}"));
    match Dataset::build(&table, &mapping(&table)) {
        Err(Error::Table { line, column, message }) => {
            assert!(message.ends_with(['.', '?']) && message.len() < 400, "one or two short sentences: {message}");
            (line, column, message)
        }
        other => panic!("{text} is not refused: {other:?}"),
    }
}

/// Each text is refused for the task in its second row with this reason, in the column of this name.
fn all_refused(task: Task, column: &str, cases: &[(&str, &str)]) {
    for (text, reason) in cases {
        let second = if text.starts_with('{') { 2 } else { 3 };
        let (line, found, message) = refused(text, |table| Mapping::guess_for(table, task));
        assert!(message.contains(reason), "{text}: {message}");
        assert_eq!((line, found.as_deref()), (Some(second), Some(column)), "{message}");
    }
}

#[test]
fn scores_that_are_no_numbers() {
    let cases = [
        ("text,score\na,1\nb,good\n", "“good” is no number"),
        ("text;score\na;1.5\nb;3,5\n", "decimal comma. Write it with a point, as 3.5."),
        (
            "text;score\na;1\nb;1,234\n",
            "“1,234” can be 1234, with a comma between thousands, or 1.234, with a decimal comma",
        ),
        ("text;score\na;7\nb;1,234.5\nc;1,5\n", "other rows have a decimal comma"),
        ("text;score\na;1\nb;28.5%\n", "“28.5%” is no number. Remove the %, and write 28.5."),
        ("text;score\na;1\nb;-$27.43\n", "Remove the $, and write -27.43."),
        ("text,score\na,1\nb,NaN\n", "“NaN” is no number"),
        ("text,score\na,1\nb,-inf\n", "“-inf” is no number"),
        ("text,score\na,1\nb,1e999\n", "no number"),
        ("text,score\na,1\nb,-1e39\n", "“-1e39” is too large to be learnt"),
        ("text,score\na,1\nb,5 %\n", "no number"),
    ];
    all_refused(Task::Regression, "score", &cases);
    let pairs = "anchor,positive,score\na,b,1\nc,d,close\n";
    let (line, column, message) =
        refused(pairs, |table| Mapping { label: "score".to_owned(), ..Mapping::guess_for(table, Task::Embedding) });
    assert_eq!((line, column.as_deref()), (Some(3), Some("score")));
    assert!(message.contains("“close” is no number"), "{message}");
}

#[test]
fn pairs_that_are_judged_in_other_words() {
    let (line, column, message) = refused("sentence1,sentence2,label\na,b,yes\nc,d,different\n", |table| {
        Mapping::guess_for(table, Task::Embedding)
    });
    assert_eq!((line, column.as_deref()), (Some(3), Some("label")));
    assert!(message.contains("“different” is no number. Write how alike"), "{message}");
    let several =
        "{\"query\":\"q\",\"pos\":\"a\",\"neg\":\"x\"}\n{\"query\":\"q\",\"pos\":\"a\",\"neg\":[\"x\",\"y\"]}\n";
    all_refused(Task::Embedding, "neg", &[(several, "Write a row for each text")]);
}

#[test]
fn words_without_sentences() {
    let rows: String = (0..40).map(|row| format!("w{row},{}\n", ["O", "B-PER"][row % 2])).collect();
    let (line, column, message) =
        refused(&format!("word,tag\n{rows}"), |table| Mapping::guess_for(table, Task::Tokens));
    assert_eq!((line, column.as_deref()), (None, Some("word")));
    assert!(message.contains("Save the table as a .conll file"), "{message}");
}

#[test]
fn the_cell_that_spoils_a_column_of_numbers_is_named() {
    let rows = |spoiled: &str| -> String {
        let cell = |row: usize| if row == 20 { spoiled.to_owned() } else { format!("{}.{}", row % 7, row % 9) };
        (0..40).map(|row| format!("{row},\"text {row}\",\"{}\"\n", cell(row))).collect()
    };
    for spoiled in ["3.x", "inf", "n/a", "5 kg"] {
        let text = format!("id,text,label\n{}", rows(spoiled));
        for task in [None, Some(Task::Regression)] {
            let (line, column, message) = refused(&text, |table| match task {
                Some(task) => Mapping::guess_for(table, task),
                None => Mapping::guess(table),
            });
            assert_eq!((line, column.as_deref()), (Some(22), Some("label")), "{message}");
            assert!(message.contains(&format!("“{spoiled}” is no number")), "{message}");
        }
    }
    let shares: String = (0..60).map(|row| format!("text {row},{row}%\n")).collect();
    let (line, _, message) = refused(&format!("text,score\n{shares}"), Mapping::guess);
    assert_eq!((line, message.as_str()), (Some(2), "“0%” is no number. Remove the %, and write 0."));
    let no_number = "id,text\n1,a\n2,b\n";
    let (_, _, message) = refused(no_number, |table| Mapping::guess_for(table, Task::Regression));
    assert!(message.contains("needs a column with the score"), "never the numbers of rows: {message}");
}

#[test]
fn objects_are_no_labels() {
    let rows: String =
        (0..40).map(|row| format!("text {row};\"{{\"\"{}\"\": 1, \"\"x\"\": 2}}\"\n", ["a", "b"][row % 2])).collect();
    for task in [Task::Classification, Task::MultiLabel] {
        let (line, column, message) = refused(&format!("text;label\n{rows}"), |table| Mapping::guess_for(table, task));
        assert_eq!((line, column.as_deref()), (Some(2), Some("label")));
        assert!(message.contains("is an object of JSON"), "{message}");
        let guess = refused(&format!("text;label\n{rows}"), Mapping::guess);
        assert!(guess.2.contains("is an object of JSON"), "{}", guess.2);
    }
}

#[test]
fn lists_of_python_are_refused_whatever_the_task() {
    for (empty, one, two) in [
        ("[]", "['games']", "['games', 'science']"),
        ("[]", "['games']", "['games' 'science']"),
        ("", "{'games'}", "{'games', 'science'}"),
    ] {
        let rows = (0..40).map(|row| format!("text {row};\"{}\"\n", [empty, one, two, one][row % 4]));
        let (line, _, message) = refused(&format!("text;tags\n{}", rows.collect::<String>()), Mapping::guess);
        assert_eq!(line, Some(3), "{message}");
        assert!(message.contains("as Python prints it"), "{message}");
    }
}

#[test]
fn words_and_tags_that_do_not_match() {
    let first = "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n";
    let cases = [
        ("{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\"]}\n", "2 words but 1 tags"),
        ("{\"tokens\":[\"a\"],\"tags\":[\"O\",\"O\"]}\n", "1 words but 2 tags"),
        ("{\"tokens\":[\"a\"],\"tags\":[\" \"]}\n", "A tag is empty"),
        ("{\"tokens\":[\"a\"],\"tags\":[null]}\n", "neither text nor a number"),
        ("{\"tokens\":\"a b\",\"tags\":[\"O\"]}\n", "2 words but 1 tags"),
        ("{\"tokens\":\"a b\",\"tags\":\"['O', 'O']\"}\n", "as Python prints it"),
        ("{\"tokens\":\"a b\",\"tags\":\"[0 3]\"}\n", "as numpy prints it"),
    ];
    for (row, reason) in cases {
        all_refused(Task::Tokens, "tags", &[(&format!("{first}{row}"), reason)]);
    }
    all_refused(
        Task::Tokens,
        "tokens",
        &[("{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n{\"tokens\":[[\"a\"]],\"tags\":[\"O\"]}\n", "A word in this list")],
    );
}

#[test]
fn spans_that_mark_nothing_or_too_much() {
    let cases = [
        ("[[0,4,\"X\"]]", "outside the text, which has 3 characters"),
        ("[[-1,2,\"X\"]]", "outside the text"),
        ("[[1,1,\"X\"]]", "is empty"),
        ("[[2,1,\"X\"]]", "is empty"),
        ("[[1,2,\"X\"]]", "holds only white space"),
        ("[[0,1,\"X\"],[0,3,\"Y\"]]", "overlap"),
        ("[[0,1,\"X\"],[0,1,\"Y\"]]", "overlap"),
        ("[[0,1,\" \"]]", "has no label"),
        ("[[0,1]]", "is not a span"),
        ("[[0.5,1,\"X\"]]", "is not a span"),
        ("[{\"start\":0,\"end\":1}]", "is not a span"),
        ("[{\"start\":0,\"end\":1,\"labels\":[\"X\",\"Y\"]}]", "is not a span"),
        ("[[0,1,\"X\"],\"x\"]", "“\"x\"” is not a span"),
        ("[{\"start\":0,\"end\":1,\"label\":\"X\",\"text\":\"b\"}]", "holds “ä”, but its own text is “b”"),
        ("[{\"start\":2,\"end\":9,\"label\":\"X\",\"text\":\"b\"}]", "outside the text"),
    ];
    for (spans, reason) in cases {
        let text = format!("{{\"text\":\"x y\",\"spans\":[]}}\n{{\"text\":\"ä b\",\"spans\":{spans}}}\n");
        all_refused(Task::Tokens, "spans", &[(&text, reason)]);
    }
    let glued = "{\"text\":\"x\",\"spans\":[]}\n{\"text\":\"abc d\",\"spans\":[[0,1,\"X\"],[1,5,\"Y\"]]}\n";
    all_refused(Task::Tokens, "spans", &[(glued, "shares a word with another span")]);
}

#[test]
fn answers_that_are_not_in_their_context() {
    let first = "{\"question\":\"q\",\"context\":\"c\",\"answers\":[]}\n";
    let cases = [
        (r#"[{"text":"Köln","answer_start":3}]"#, "is not at character 3, where “ü Köln.” stands, but at 5"),
        (r#"[{"text":"Köln","answer_start":400}]"#, "outside the context, but at 5"),
        (r#"[{"text":"Köln","answer_start":-1}]"#, "outside the context"),
        (r#"[{"text":"Bonn","answer_start":3}]"#, "does not occur in its context"),
        (r#"[{"text":" ","answer_start":4}]"#, "An answer is empty"),
        (r#"[{"text":"Köln","answer_start":"5"}]"#, "These are no answers"),
        (r#"{"text":["Köln"],"answer_start":[]}"#, "These are no answers"),
        (r#"[5]"#, "These are no answers"),
        (r#""Bonn""#, "does not occur in its context"),
        (r#""N/A""#, "leave the cell empty where there is no answer"),
        (r#""{'text': array(['Köln'])}""#, "as Python prints it"),
    ];
    for (answers, reason) in cases {
        let row = format!("{{\"question\":\"q\",\"context\":\"Grü Köln.\",\"answers\":{answers}}}\n");
        let row = row.replace("Grü", "grüß");
        let reason = reason.replace("“ü Köln.”", "“ß Köln.”");
        all_refused(Task::Answers, "answers", &[(&format!("{first}{row}"), &reason)]);
    }
    let many = format!("[{}]", vec!["\"c\""; 101].join(","));
    let text = format!("{first}{{\"question\":\"q\",\"context\":\"c\",\"answers\":{many}}}\n");
    all_refused(Task::Answers, "answers", &[(&text, "101 answers")]);
}

#[test]
fn labels_that_are_none() {
    all_refused(
        Task::MultiLabel,
        "labels",
        &[
            ("{\"text\":\"a\",\"labels\":[\"x\"]}\n{\"text\":\"b\",\"labels\":[[\"x\"]]}\n", "is no label"),
            ("{\"text\":\"a\",\"labels\":[\"x\"]}\n{\"text\":\"b\",\"labels\":[null]}\n", "is no label"),
        ],
    );
    let (line, column, message) =
        refused("text,labels\na,\"['x', 'y']\"\nb,\"['x']\"\n", |table| Mapping::guess_for(table, Task::MultiLabel));
    assert_eq!((line, column.as_deref()), (Some(2), Some("labels")));
    assert!(message.contains("as Python prints it"), "{message}");
}

#[test]
fn too_few_or_too_many_labels() {
    let refused = |text: &str, task| refused(text, |table| Mapping::guess_for(table, task)).2;
    assert!(refused("text,labels\na,x\nb,x\n", Task::MultiLabel).contains("only one label, “x”"));
    let texts: String = (0..30).map(|row| format!("t{row},l{row}|x\n")).collect();
    assert!(refused(&format!("text,labels\n{texts}"), Task::MultiLabel).contains("Is the separator right"));
    assert!(refused("tokens,tags\na b,O O\n", Task::Tokens).contains("only one tag, “O”"));
    let tags: String = (0..1001).map(|row| format!("v w,T{row} T0\n")).collect();
    assert!(refused(&format!("tokens,tags\n{tags}"), Task::Tokens).contains("1001 different tags"));
}

#[test]
fn rows_that_teach_nothing() {
    let split = |text: &str, mapping: Mapping| {
        refused(text, |_| Mapping { split: Some("split".to_owned()), ..mapping.clone() }).2
    };
    let of = |task, text: &str, pair: Option<&str>, label: &str| Mapping {
        task,
        pair: pair.map(str::to_owned),
        ..Mapping::new(text, label)
    };
    let score = of(Task::Regression, "text", None, "score");
    assert!(split("text,score,split\na,1,train\nb,1,train\nc,2,dev\n", score).contains("have the score 1;"));
    let several = Mapping { separator: Some("|".to_owned()), ..of(Task::MultiLabel, "text", None, "labels") };
    let none = refused("text,labels\na,\nb,\n", |_| several.clone());
    assert_eq!(none.1.as_deref(), Some("labels"));
    assert!(none.2.contains("No row has a label"), "{}", none.2);
    assert!(split("text,labels,split\na,,train\nb,x|y,dev\n", several).contains("No row to train on has a label"));
    let tags = of(Task::Tokens, "tokens", None, "tags");
    assert!(split("tokens,tags,split\na,O,train\nb,B-X,dev\n", tags).contains("have the tag “O”"));
    let answers = of(Task::Answers, "query", Some("c"), "a");
    assert!(
        split("query,c,a,split\nq,d,,train\nq,d,d,dev\n", answers).contains("No question to train on has an answer")
    );
    let pairs = of(Task::Embedding, "a", Some("b"), "");
    assert!(split("a,b,split\nq,c,train\nq,c,dev\n", pairs).contains("only one pair"));
    let texts = of(Task::Language, "text", None, "");
    assert!(split("text,split\nq,dev\n", texts.clone()).contains("no rows to train on"));
    assert!(refused("text,x\n,1\n", |_| texts.clone()).2.contains("No row has a text."));
    let needed = refused("a,b,s\nx,,1\n", |_| of(Task::Embedding, "a", Some("b"), "s")).2;
    assert!(needed.contains("No row has a text, a second text, a score."), "{needed}");
}

#[test]
fn columns_that_are_missing_or_named_twice() {
    let text = "text,pair,label,negative\na,b,1,c\nd,e,2,f\n";
    let mapping = |task, pair: &str, label: &str, negative: &str| Mapping {
        task,
        pair: Some(pair.to_owned()),
        negative: Some(negative.to_owned()),
        ..Mapping::new("text", label)
    };
    let refused = |mapping: Mapping| refused(text, |_| mapping.clone());
    for (task, pair, label, negative, reason) in [
        (Task::Classification, "", "", "", "needs a column with the label"),
        (Task::Tokens, "", "", "", "needs a column with the tags"),
        (Task::Answers, "", "label", "", "needs a column with the context"),
        (Task::Answers, "pair", "", "", "needs a column with the answers"),
        (Task::Embedding, "", "", "", "needs a column with the second text"),
        (Task::Embedding, "pair", "label", "negative", "not by both"),
        (Task::Classification, "text", "label", "", "The text and the second text are the same column"),
        (Task::Regression, "label", "label", "", "The second text and the score are the same column"),
        (Task::Embedding, "pair", "", "pair", "The second text and the negative are the same column"),
        (Task::Answers, "other", "label", "", "no column of this name"),
    ] {
        let (_, _, message) = refused(mapping(task, pair, label, negative));
        assert!(message.contains(reason), "{message}");
    }
    let empty = Mapping { separator: Some(String::new()), ..mapping(Task::MultiLabel, "", "label", "") };
    assert!(refused(empty).2.contains("separator between labels is empty"));
}

#[test]
fn a_column_of_texts_is_no_column_of_labels_however_long_it_is() {
    let rows: String = (0..100_100).map(|row| format!("text {row},another {row}\n")).collect();
    let (line, column, message) = refused(&format!("text,label\n{rows}"), |_| Mapping::new("text", "label"));
    assert_eq!((line, column.as_deref()), (None, Some("label")));
    assert!(message.contains("more than 100000 different values"), "{message}");
}
