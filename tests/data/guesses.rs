//! Which task and columns a table is guessed to hold.

use tabtune::Task;
use tabtune::data::{Dataset, Mapping, Table};

fn guess(text: &str) -> Mapping {
    let name = if text.starts_with('{') { "a.jsonl" } else { "a.csv" };
    Mapping::guess(&Table::parse(text.as_bytes(), name).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// Text, pair, label and negative; empty where there is none.
fn columns(mapping: &Mapping) -> [&str; 4] {
    let [pair, negative] = [&mapping.pair, &mapping.negative].map(|name| name.as_deref().unwrap_or_default());
    [&mapping.text, pair, &mapping.label, negative]
}

/// So many texts with twenty whole numbers, which are so far apart.
fn amounts(rows: usize, apart: usize) -> String {
    (0..rows).map(|row| format!("A text {row},{}\n", (row % 20) * apart)).collect()
}

#[test]
fn pairs_whose_second_texts_recur_are_pairs_where_a_score_is_beside() {
    let rows: String = (0..60).map(|row| format!("How is {row}?,It is {}.,{}.{row}\n", row % 12, row % 5)).collect();
    for (named, task) in [("gold_score", Task::Regression), ("relatedness_score", Task::Regression)] {
        let mapping = guess(&format!("sentence1,sentence2,{named}\n{rows}"));
        assert_eq!((mapping.task, columns(&mapping)), (task, ["sentence1", "sentence2", named, ""]));
    }
}

#[test]
fn plain_tables_tell_their_task() {
    let sts: String =
        (0..30).map(|row| format!("news,{row},{}.{},One {row}.,Two {row}.\n", row % 5, row % 8)).collect();
    let news: String =
        (0..40).map(|row| format!("A text {row},{}\n", ["art|sport", "sport", "art", ""][row % 4])).collect();
    let cases: [(&str, Task, [&str; 4]); 23] = [
        (
            "id,question,context,answers\n1,Who?,It was I.,I\n2,What?,It was I.,\n",
            Task::Answers,
            ["question", "context", "answers", ""],
        ),
        (
            "{\"id\":1,\"title\":\"t\",\"context\":\"c d\",\"question\":\"q\",\"answers\":{\"text\":[\"c\"],\"answer_start\":[0]}}\n",
            Task::Answers,
            ["question", "context", "answers", ""],
        ),
        (
            "question,passage,answer\nIs it?,It is.,true\nIs he?,He is.,false\n",
            Task::Classification,
            ["question", "passage", "answer", ""],
        ),
        (
            "{\"id\":1,\"tokens\":[\"a\"],\"pos_tags\":[1],\"ner_tags\":[0]}\n",
            Task::Tokens,
            ["tokens", "", "ner_tags", ""],
        ),
        ("{\"words\":[\"a\"],\"labels\":[\"O\"]}\n", Task::Tokens, ["words", "", "labels", ""]),
        (
            "{\"text\":\"a b\",\"label\":[[0,1,\"X\"]]}\n{\"text\":\"a b\",\"label\":[]}\n",
            Task::Tokens,
            ["text", "", "label", ""],
        ),
        (
            "{\"text\":\"a b\",\"labels\":[\"x\",\"y\"]}\n{\"text\":\"c\",\"labels\":[]}\n",
            Task::MultiLabel,
            ["text", "", "labels", ""],
        ),
        (&format!("text,topics\n{news}").replace("topics", "topic"), Task::MultiLabel, ["text", "", "topic", ""]),
        (
            &format!("genre,sid,score,sentence1,sentence2\n{sts}"),
            Task::Regression,
            ["sentence1", "sentence2", "score", ""],
        ),
        ("text,label\na,0.5\nb,0.25\nc,1\nd,0.75\n", Task::Regression, ["text", "", "label", ""]),
        (&format!("text,price\n{}", amounts(100, 750)), Task::Regression, ["text", "", "price", ""]),
        (&format!("text,minutes\n{}", amounts(100, 7)), Task::Regression, ["text", "", "minutes", ""]),
        (&format!("text,place\n{}", amounts(100, 1)), Task::Classification, ["text", "", "place", ""]),
        (&format!("text,label\n{}", amounts(100, 750)), Task::Classification, ["text", "", "label", ""]),
        (&format!("text,product_code\n{}", amounts(100, 750)), Task::Classification, ["text", "", "product_code", ""]),
        ("text,label,score\na,x,0.5\nb,y,0.25\nc,x,0.1\nd,y,0.75\n", Task::Classification, ["text", "", "label", ""]),
        ("text,stars\na,1\nb,2\nc,5\nd,4\n", Task::Classification, ["text", "", "stars", ""]),
        ("premise,hypothesis,label\na,b,0\nc,d,1\n", Task::Classification, ["premise", "hypothesis", "label", ""]),
        (
            "qid,question1,question2,is_duplicate\n1,a,b,0\n2,c,d,1\n3,e,f,1\n4,g,h,0\n",
            Task::Classification,
            ["question1", "question2", "is_duplicate", ""],
        ),
        ("anchor,positive,negative\na,b,c\nd,e,f\n", Task::Embedding, ["anchor", "positive", "", "negative"]),
        ("question,answer\nIs it?,yes\nIs he?,no\n", Task::Classification, ["question", "", "answer", ""]),
        (
            "text,label\n\"a, b\",\"Food, drink\"\nb,Tech\nc,\"Food, drink\"\n",
            Task::Classification,
            ["text", "", "label", ""],
        ),
        ("text,label\na,x\nb,y\n", Task::Classification, ["text", "", "label", ""]),
    ];
    for (text, task, expected) in cases {
        let mapping = guess(text);
        let shown: String = text.chars().take(80).collect();
        assert_eq!((mapping.task, columns(&mapping)), (task, expected), "{shown}");
    }
    let many: String = (0..60).map(|row| format!("Question {row}?,Answer {row}.\n")).collect();
    let mapping = guess(&format!("question,answer\n{many}"));
    assert_eq!((mapping.task, columns(&mapping)), (Task::Embedding, ["question", "answer", "", ""]));
}

#[test]
fn separators_are_found() {
    for separator in ["|", ";", ","] {
        let labels = ["a", "a|b", "b|c", "c"].map(|label| label.replace('|', separator));
        let rows: String = (0..40).map(|row| format!("text {row}\t{}\n", labels[row % 4])).collect();
        let mapping = guess(&format!("text\tlabels\n{rows}"));
        assert_eq!((mapping.task, mapping.separator.as_deref()), (Task::MultiLabel, Some(separator)));
    }
}

/// So many rows of a text and a cell, which recur in turn.
fn rows(count: usize, cells: &[&str]) -> String {
    (0..count).map(|row| format!("text {row};\"{}\"\n", cells[row % cells.len()])).collect()
}

#[test]
fn commas_do_not_always_separate_labels() {
    let guess = |name: &str, cells: &[&str]| {
        let mapping = guess(&format!("text;{name}\n{}", rows(60, cells)));
        (mapping.task, mapping.separator)
    };
    let one = (Task::Classification, None);
    assert_eq!(guess("city", &["Paris, France", "Lyon, France", "Paris, Texas"]), one);
    assert_eq!(guess("range", &["1,000-5,000", "5,000-10,000", "10,000-20,000"]), one);
    let lists = (Task::MultiLabel, Some(",".to_owned()));
    assert_eq!(guess("genre", &["art,music", "music,film", "film", "art"]), lists);
    assert_eq!(guess("labels", &["1,2", "2,3", "3,1"]), lists, "as the name says");
    assert_eq!(guess("code", &["1", "1,2", "2,3", "3", "2"]), lists);
    let score = (Task::Regression, None);
    let prices: Vec<String> = (0..60).map(|row| format!("{},{:02}", 200 + row * 7, row)).collect();
    assert_eq!(guess("preis", &prices.iter().map(String::as_str).collect::<Vec<_>>()), score);
    assert_eq!(guess("bewertung", &["3", "3,5", "4", "4,5", "5", "2,5", "2"]), score, "halves");
    let thousands: Vec<String> = (0..60).map(|row| format!("{},{:03}", 1 + row, row * 13)).collect();
    assert_eq!(guess("price", &thousands.iter().map(String::as_str).collect::<Vec<_>>()), score);
}

#[test]
fn few_cells_with_several_labels_are_enough_where_each_is_one_by_itself() {
    let text = |rare: &str, times: usize| {
        let cell = |row: usize| if row < times { rare } else { ["games", "science", "net"][row % 3] };
        (0..100).map(|row| format!("text {row};\"{}\"\n", cell(row))).collect::<String>()
    };
    for separator in ["|", ";", ","] {
        let pair = ["games", "science"].join(separator);
        let mapping = guess(&format!("text;topic\n{}", text(&pair, 3)));
        assert_eq!((mapping.task, mapping.separator.as_deref()), (Task::MultiLabel, Some(separator)));
    }
    assert_eq!(guess(&format!("text;topic\n{}", text("games|science", 1))).task, Task::Classification);
    assert_eq!(guess(&format!("text;topic\n{}", text("Food, drink", 4))).task, Task::Classification);
    let table = Table::parse(format!("text;topic\n{}", text("games|science", 1)).as_bytes(), "a.csv").expect("a table");
    assert_eq!(Mapping::guess_for(&table, Task::MultiLabel).separator.as_deref(), Some("|"), "one where asked for");
}

#[test]
fn what_is_no_label_is_not_guessed_as_one() {
    let dated = (0..60).map(|row| format!("2024-01-0{},text {row},{}\n", row % 3 + 1, ["a", "b", "c", "d"][row % 4]));
    let mapping = guess(&format!("date,text,part\n{}", dated.collect::<String>()));
    assert_eq!((mapping.text.as_str(), mapping.label.as_str()), ("text", "part"));
    let german = (0..60).map(|row| format!("{row};{};text {row};{}\n", ["m", "w"][row % 2], ["a", "b", "c"][row % 3]));
    let mapping = guess(&format!("Nr;Geschlecht;Beschreibung;Abteilung\n{}", german.collect::<String>()));
    assert_eq!((mapping.text.as_str(), mapping.label.as_str()), ("Beschreibung", "Abteilung"));
    let amounts = (0..60).map(|row| format!("{row};text {row};{}.{row:02}\n", row * 7));
    let mapping = guess(&format!("id;text;price\n{}", amounts.collect::<String>()));
    assert_eq!((mapping.task, mapping.label.as_str()), (Task::Regression, "price"), "each number is another one");
    let paired = (0..60).map(|row| format!("{row},one text {row},other {row},{}\n", row % 2));
    let mapping = guess(&format!("id,left text,right text,match\n{}", paired.collect::<String>()));
    assert_eq!(columns(&mapping), ["left text", "right text", "match", ""]);
}

#[test]
fn a_score_by_name_is_one_unless_it_is_stars() {
    let task = |name: &str, cells: &[&str]| guess(&format!("text;{name}\n{}", rows(60, cells))).task;
    let hundred: Vec<String> = (0..60).map(|row| (row * 17 % 101).to_string()).collect();
    let hundred: Vec<&str> = hundred.iter().map(String::as_str).collect();
    assert_eq!(task("score", &hundred), Task::Regression);
    assert_eq!(task("review_rating", &["0.0", "0.5", "1.0", "2.5"]), Task::Regression);
    for (name, cells) in [
        ("rating", &["1", "2", "3", "4", "5"][..]),
        ("stars", &["1.0", "2.0", "5.0"]),
        ("score", &["0", "1"]),
        ("label", &["0.5", "1.0"]),
        ("place", &hundred),
    ] {
        assert_eq!(task(name, cells), Task::Classification, "{name}");
    }
}

#[test]
fn a_few_mistakes_make_no_other_task_of_a_table() {
    let words = |row: usize| match row {
        7 => "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":[\"O\"]}\n",
        8 => "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":null}\n",
        9 => "{\"tokens\":\"\",\"ner_tags\":\"\"}\n",
        _ => "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":[\"O\",\"B-X\"]}\n",
    };
    let mapping = guess(&(0..40).map(words).collect::<String>());
    assert_eq!((mapping.task, columns(&mapping)), (Task::Tokens, ["tokens", "", "ner_tags", ""]));
    let spans = |row: usize| {
        let more = if row == 7 { ",\"x\"" } else { "" };
        format!("{{\"text\":\"a b {row}\",\"label\":[[0,1,\"X\"]{more}]}}\n")
    };
    let mapping = guess(&(0..40).map(spans).collect::<String>());
    assert_eq!((mapping.task, columns(&mapping)), (Task::Tokens, ["text", "", "label", ""]));
    let answers = |row: usize| {
        let answer = ["KÖLN", "N/A", "Köln.", "Köln"][row.min(3)];
        format!("Where {row}?,\"It was {row}, in Köln, he said.\",{answer}\n")
    };
    let mapping = guess(&format!("question,context,answer\n{}", (0..40).map(answers).collect::<String>()));
    assert_eq!((mapping.task, columns(&mapping)), (Task::Answers, ["question", "context", "answer", ""]));
    // A judgement is no answer out of the context, though its word stands there.
    let judged = |row: usize| format!("Is it {row}?,\"Yes and no, he said.\",{}\n", ["yes", "no"][row % 2]);
    let mapping = guess(&format!("question,passage,answer\n{}", (0..40).map(judged).collect::<String>()));
    assert_eq!((mapping.task, columns(&mapping)), (Task::Classification, ["question", "passage", "answer", ""]));
}

#[test]
fn lists_in_other_words_tell_their_task_too() {
    let squad = "\"{'text': array(['Köln'], dtype=object), 'answer_start': array([3], dtype=int32)}\"";
    let cases = [
        ("words,tags\n\"['a', 'b']\",\"[0, 5]\"\n", Task::Tokens, ["words", "", "tags", ""]),
        ("tokens,ner_tags\n['a' 'b'],[0 5]\n", Task::Tokens, ["tokens", "", "ner_tags", ""]),
        ("text,entities\na b,\"[(0, 1, 'X')]\"\na b,[]\n", Task::Tokens, ["text", "", "entities", ""]),
        (
            "sentence,word_labels\nBonn is here,B-LOC O O\n\"New Bonn , too\",B-LOC I-LOC O O\nBonn,B-LOC\n",
            Task::Tokens,
            ["sentence", "", "word_labels", ""],
        ),
        (
            &format!("context,question,answers\nin Köln,Where?,{squad}\n"),
            Task::Answers,
            ["question", "context", "answers", ""],
        ),
        (
            "question,context,answers\nWhere?,in Köln,\"[\"\"Köln\"\", \"\"Köln\"\"]\"\n",
            Task::Answers,
            ["question", "context", "answers", ""],
        ),
        (
            "id,context,question,answer_start,answer_end,text\n0,in Köln,Where?,3,7,Köln\n",
            Task::Answers,
            ["question", "context", "text", ""],
        ),
        ("text,label\nsome words,a class\nmore words,other class\n", Task::Classification, ["text", "", "label", ""]),
    ];
    for (text, task, expected) in cases {
        let mapping = guess(text);
        assert_eq!((mapping.task, columns(&mapping)), (task, expected), "{text}");
    }
}

#[test]
fn pairs_keep_what_tells_alike_from_different() {
    let table = |columns: &str, row: &dyn Fn(usize) -> String| {
        let rows: String = (0..40).map(|at| format!("{}\n", row(at))).collect();
        Table::parse(format!("{columns}\n{rows}").as_bytes(), "a.csv").expect("a table")
    };
    let guess = |table: &Table| Mapping::guess_for(table, Task::Embedding);
    for name in ["gold_score", "sim", "relatedness_score", "cosine", "human_rating", "Ähnlichkeit", "is_similar"] {
        for cells in [["0.5", "1", "0.25"], ["0", "1", "1"], ["True", "False", "True"]] {
            let table = table(&format!("id,qid1,number,sentence1,sentence2,{name}"), &|at| {
                format!("{at},{},{},One {at}.,Two {at}.,{}", at % 7, at * 3, cells[at % 3])
            });
            let mapping = guess(&table);
            assert_eq!(columns(&mapping), ["sentence1", "sentence2", name, ""], "{cells:?}");
        }
    }
    for (name, cells) in
        [("label", ["similar", "different"]), ("similarity", ["12%", "91%"]), ("verdict", ["same", "different"])]
    {
        let table =
            table(&format!("sentence1,sentence2,{name}"), &|at| format!("One {at}.,Two {at}.,{}", cells[at % 2]));
        assert_eq!(columns(&guess(&table)), ["sentence1", "sentence2", name, ""]);
    }
    let topics = table("anchor,positive,topic,year", &|at| {
        format!("One {at}.,Two {at}.,{},200{}", ["art", "law"][at % 2], at % 7)
    });
    assert_eq!(columns(&guess(&topics)), ["anchor", "positive", "year", ""], "a single column of numbers is a score");
    let plain = table("anchor,positive,is_duplicate", &|at| format!("One {at}.,Two {at}.,{}", at % 2));
    let mapping = Mapping::guess(&plain);
    assert_eq!((mapping.task, columns(&mapping)), (Task::Embedding, ["anchor", "positive", "is_duplicate", ""]));
}

#[test]
fn negatives_are_found_by_a_part_of_their_name() {
    let far = "This text of many more words is about something else";
    for (names, expected) in [
        ("anchor,positive,negative_1,negative_2", ["anchor", "positive", "", "negative_1"]),
        ("anchor,positive,negatives,more", ["anchor", "positive", "", "negatives"]),
        (
            "query,positive_passage,hard_negative_passage,more",
            ["query", "positive_passage", "", "hard_negative_passage"],
        ),
        ("sentence_A,sentence_B,sentence_C,more", ["sentence_A", "sentence_B", "", "sentence_C"]),
    ] {
        let rows: String = (0..40).map(|at| format!("One {at}.,Two {at}.,{far},{far} {at}\n")).collect();
        let text = format!("{names}\n{rows}");
        let table = Table::parse(text.as_bytes(), "a.csv").expect("a table");
        assert_eq!(columns(&Mapping::guess_for(&table, Task::Embedding)), expected);
        let mapping = guess(&text);
        assert_eq!((mapping.task, columns(&mapping)), (Task::Embedding, expected));
        let notes = Dataset::build(&table, &mapping).expect("a data set").notes;
        let spare = "One negative per row is used, that of “negative_1”; not read: “negative_2”.";
        assert_eq!(notes.iter().any(|note| note == spare), names.contains("negative_2"), "{notes:?}");
    }
    // Opinions on both sides are no pair where there is a score.
    let reviews: String = (0..40).map(|at| format!("Hotel {at},{far} {at},{far} {at}!,{}.5\n", at % 20)).collect();
    let mapping = guess(&format!("Hotel_Name,Positive_Review,Negative_Review,Reviewer_Score\n{reviews}"));
    assert_eq!((mapping.task, mapping.label.as_str()), (Task::Regression, "Reviewer_Score"));
}

#[test]
fn columns_are_guessed_for_a_task_that_is_named() {
    let guess = |text: &str, task| Mapping::guess_for(&Table::parse(text.as_bytes(), "a.csv").expect("a table"), task);
    let text = "id,review,similar,genre,price,stars,split\n1,a long text,another text,x,3,5,train\n2,a text,some text,y,5,4,dev\n3,one text,more texts,x,9,4,dev\n";
    for (task, expected) in [
        (Task::Classification, ["review", "", "genre", ""]),
        (Task::Regression, ["review", "", "stars", ""]),
        (Task::Language, ["review", "", "", ""]),
        (Task::Embedding, ["review", "similar", "stars", ""]),
        (Task::Answers, ["review", "similar", "id", ""]),
        (Task::Tokens, ["review", "", "id", ""]),
        (Task::MultiLabel, ["review", "", "genre", ""]),
    ] {
        let mapping = guess(text, task);
        assert_eq!((mapping.task, columns(&mapping), mapping.split.as_deref()), (task, expected, Some("split")));
    }
    assert_eq!(columns(&guess("text,price\na,3\nb,5\n", Task::Regression)), ["text", "", "price", ""]);
    assert_eq!(columns(&guess("id,text,points\n1,a,3\n2,b,5\n", Task::Regression)), ["text", "", "points", ""]);
    assert_eq!(columns(&guess("text\na\nb\n", Task::Language)), ["text", "", "", ""]);
    assert_eq!(columns(&guess("text\na\nb\n", Task::Embedding)), ["text", "", "", ""]);
    assert_eq!(columns(&guess("text\na\nb\n", Task::Answers)), ["text", "", "", ""]);
}

#[test]
fn mappings_of_older_pages_still_read() {
    let json = r#"{"text": "a", "label": "b", "split": null, "validation_share": 0.2, "seed": 3}"#;
    let mapping: Mapping = serde_json::from_str(json).expect("a mapping");
    assert_eq!(mapping, Mapping { validation_share: 0.2, seed: 3, ..Mapping::new("a", "b") });
    let json = r#"{"task": "embedding", "text": "a", "pair": "b", "negative": "c"}"#;
    let mapping: Mapping = serde_json::from_str(json).expect("a mapping");
    assert_eq!((mapping.task, columns(&mapping)), (Task::Embedding, ["a", "b", "", "c"]));
    assert_eq!(
        serde_json::from_str::<Mapping>(&serde_json::to_string(&mapping).expect("JSON")).expect("a mapping"),
        mapping
    );
    for wrong in [r#"{"text": "a", "label": "b", "pairs": "c"}"#, r#"{"text": "a", "task": "poetry"}"#] {
        assert!(serde_json::from_str::<Mapping>(wrong).is_err());
    }
}
