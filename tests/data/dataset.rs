//! Tables to examples: guessed columns, labels, splits, what is left out, and a clear sentence for every bad choice of columns.

use tabtune::data::{ClassInfo, Dataset, Example, Mapping, Table, Target};
use tabtune::{Error, Task};

fn table(text: &str) -> Table {
    Table::parse(text.as_bytes(), "table.csv").unwrap_or_else(|error| panic!("{error}"))
}

fn mapping() -> Mapping {
    Mapping::new("text", "label")
}

/// A table of these classes' sizes, rows of the classes in turn.
fn sized(sizes: &[usize]) -> Table {
    let mut text = String::from("text,label\n");
    for row in 0..sizes.iter().copied().max().unwrap_or(0) {
        for (class, _) in sizes.iter().enumerate().filter(|(_, size)| row < **size) {
            text += &format!("text {row} of {class},class {class}\n");
        }
    }
    table(&text)
}

fn mistake<T: std::fmt::Debug>(result: tabtune::Result<T>) -> (Option<u64>, Option<String>, String) {
    match result {
        Err(Error::Table { line, column, message }) => {
            assert!(message.ends_with(['.', '?']) && message.len() < 400, "one or two short sentences: {message}");
            (line, column, message)
        }
        other => panic!("not a mistake in a table: {other:?}"),
    }
}

fn build(text: &str, mapping: &Mapping) -> tabtune::Result<Dataset> {
    Dataset::build(&table(text), mapping)
}

#[test]
fn every_row_is_used_once_with_its_line() {
    let dataset = build("text,label\n a ,y\nb, x \nc,x\nd,y\n", &mapping()).expect("a data set");
    assert_eq!(dataset.labels, ["x", "y"]);
    let mut all: Vec<Example> = dataset.train.iter().chain(&dataset.validation).cloned().collect();
    all.sort_by_key(|example| example.line);
    let expected = [(" a ", 1, 2), ("b", 0, 3), ("c", 0, 4), ("d", 1, 5)];
    let expected = expected.map(|(text, class, line)| {
        let target = Target::Class(class);
        Example { text: text.into(), pair: None, target, line }
    });
    assert_eq!(all, expected);
}

#[test]
fn labels_are_sorted_as_numbers_or_by_code_point() {
    let labels = |values: &[&str]| {
        let rows: String = values.iter().map(|value| format!("t,{value}\nu,{value}\n")).collect();
        build(&format!("text,label\n{rows}"), &mapping()).expect("a data set").labels
    };
    assert_eq!(labels(&["10", "9", "-1", "2"]), ["-1", "2", "9", "10"]);
    assert_eq!(labels(&["10", "9", "b"]), ["10", "9", "b"]);
    assert_eq!(
        labels(&["ä", "z", "Z", "<img src=x onerror=alert(1)>"]),
        ["<img src=x onerror=alert(1)>", "Z", "z", "ä"]
    );
}

#[test]
fn the_split_is_stratified_seeded_and_stable() {
    let table = sized(&[400, 200, 30, 2, 1]);
    let dataset = Dataset::build(&table, &mapping()).expect("a data set");
    let counts: Vec<(usize, usize)> = dataset.classes().iter().map(|class| (class.train, class.validation)).collect();
    assert_eq!(counts, [(360, 40), (180, 20), (27, 3), (2, 0), (1, 0)]);
    assert_eq!(dataset, Dataset::build(&table, &mapping()).expect("a data set"));
    let other = Dataset::build(&table, &Mapping { seed: 1, ..mapping() }).expect("a data set");
    assert_ne!(dataset.validation, other.validation);
    assert_ne!(dataset.hash, other.hash);
    assert_eq!(dataset.validation.len(), other.validation.len());
    assert!(dataset.train.is_sorted_by_key(|example| example.line));
    // Pinned: the same rows are held out on every machine and with every later version.
    let lines: Vec<u64> = Dataset::build(&sized(&[10, 10]), &Mapping { validation_share: 0.3, ..mapping() })
        .expect("a data set")
        .validation
        .iter()
        .map(|example| example.line)
        .collect();
    assert_eq!(lines, [3, 5, 6, 11, 14, 18]);
}

#[test]
fn the_share_may_be_none_or_most() {
    let split = |share| Dataset::build(&sized(&[10, 5]), &Mapping { validation_share: share, ..mapping() });
    let none = split(0.0).expect("a data set");
    assert_eq!((none.train.len(), none.validation.len()), (15, 0));
    assert!(none.notes.iter().any(|note| note.starts_with("No rows are held out")), "{:?}", none.notes);
    let most = split(0.9).expect("a data set");
    assert_eq!(most.classes().iter().map(|class| class.train).collect::<Vec<_>>(), [1, 1]);
    for share in [-0.1, 0.95, f64::NAN] {
        assert!(mistake(split(share)).2.contains("from 0 to 0.9"));
    }
}

#[test]
fn a_column_may_hold_the_split() {
    let named = Mapping { split: Some("split".to_owned()), ..mapping() };
    let dataset = build(
        "text,label,split\na,x,train\nb,y,Training\nc,x,validation\nd,y,val\ne,x,dev\nf,y,Held-out\ng,x, valid \nh,y,eval\n",
        &named,
    )
    .expect("a data set");
    assert_eq!(lines(&dataset.train), [2, 3]);
    assert_eq!(lines(&dataset.validation), [4, 5, 6, 7, 8, 9]);
    for (cell, found) in [("other", "says “other”"), (" ", "is empty here")] {
        let (line, column, message) = mistake(build(&format!("text,label,split\na,x,train\nb,y,{cell}\n"), &named));
        assert_eq!((line, column.as_deref()), (Some(3), Some("split")));
        assert!(message.contains(found), "{message}");
    }
    assert!(mistake(build("text,label,split\na,x,test\nb,y,dev\n", &named)).2.contains("no rows to train on"));
    assert!(mistake(build("text,label,split\na,x,train\nb,y,dev\n", &named)).2.contains("one class, “x”"));
}

fn lines(examples: &[Example]) -> Vec<u64> {
    examples.iter().map(|example| example.line).collect()
}

#[test]
fn rows_for_testing_pick_no_epoch_where_others_are_for_validation() {
    let named = Mapping { split: Some("split".to_owned()), ..mapping() };
    let text = "text,label,split\na,x,train\nb,y,train\nc,z,Test\nd,y,dev\ne,,testing\n";
    let dataset = build(text, &named).expect("a data set");
    assert_eq!((lines(&dataset.train), lines(&dataset.validation)), (vec![2, 3], vec![5]));
    assert_eq!((dataset.labels.as_slice(), &dataset.rows), (&["x".into(), "y".into()][..], &[vec![0, 1], vec![3]]));
    assert!(dataset.notes[0].starts_with("2 rows are marked for testing and left out"), "{:?}", dataset.notes);
    let alone = build(&text.replace("dev", "test"), &named).expect("a data set");
    assert_eq!(lines(&alone.validation), [4, 5], "without others they are those held out");
}

#[test]
fn a_column_may_say_yes_to_one_side() {
    for (name, cells) in [
        ("is_valid", ["0", "no", "False", "1"]),
        ("Is Test", ["false", "f", "0.0", "TRUE"]),
        ("is_train", ["1", "Yes", "true", "0"]),
    ] {
        let rows: String = cells.iter().enumerate().map(|(row, cell)| format!("t{row},{},{cell}\n", row % 2)).collect();
        let table = table(&format!("text,label,{name}\n{rows}"));
        let mapping = Mapping::guess(&table);
        assert_eq!(mapping.split.as_deref(), Some(name));
        assert_eq!(lines(&Dataset::build(&table, &mapping).expect("a data set").validation), [5], "{name}");
    }
    let label = Mapping::guess(&table("text,is_valid\na,1\nb,0\n"));
    assert_eq!((label.label.as_str(), label.split), ("is_valid", None), "without another label it is that");
    let named = Mapping { split: Some("is_test".to_owned()), ..mapping() };
    let (line, _, message) = mistake(build("text,label,is_test\na,x,0\nb,y,2\n", &named));
    assert_eq!(line, Some(3));
    assert!(message.contains("says “2”; it must say true or false"), "{message}");
}

#[test]
fn labels_that_are_hardly_meant_are_told() {
    let rows = |labels: &[&str]| {
        let rows = (0..60).map(|row| format!("text {row},{}\n", labels[row % labels.len()]));
        build(&format!("text,label\n{}", rows.collect::<String>()), &mapping()).expect("a data set").notes
    };
    let told = |labels: &[&str], wanted: &str| {
        let notes = rows(labels);
        assert!(notes.iter().any(|note| note.contains(wanted)), "{notes:?}");
    };
    told(&["Spam", "spam", "ham"], "“Spam” and “spam” differ only in how they are written");
    told(&["TRUE", "True", "true"], "“TRUE”, “True” and “true” differ only");
    told(&["1", "1.0", "0"], "“1” and “1.0” differ only");
    told(
        &["a", "A", "b", "B", "c", "C", "d", "D", "e", "E"],
        "“C” and “c” differ only in how they are written, and so do 2 more",
    );
    told(&["x", "NULL", "y", "-"], "30 rows have the label “-” or “NULL”, which looks like a missing one.");
    told(&["x", "NULL", "y"], "20 rows have the label “NULL”, which looks like a missing one.");
    assert_eq!(rows(&["a", "b", "nullable"]), [] as [&str; 0]);
    let texts = (0..40).map(|row| format!("{},{}\n", if row == 7 { "nan".into() } else { format!("t{row}") }, row % 2));
    let notes = build(&format!("text,label\n{}", texts.collect::<String>()), &mapping()).expect("a data set").notes;
    assert!(notes[0].starts_with("1 row has the text “nan”, which looks like a missing one."), "{notes:?}");
}

#[test]
fn rows_without_text_or_label_are_left_out_and_counted() {
    let dataset = build("text,label\na,x\n ,y\nb,\nc,y\n,y\n,\nd,y\ne,x\n", &mapping()).expect("a data set");
    assert_eq!(dataset.train.len() + dataset.validation.len(), 4);
    assert_eq!(dataset.notes[0], "3 rows have no text and are left out (lines 3, 6, 7).");
    assert_eq!(dataset.notes[1], "1 row has no label and is left out (line 4).");
    let many = "text,label\n".to_owned() + &",x\n".repeat(12) + "a,x\nb,y\n";
    let notes = build(&many, &mapping()).expect("a data set").notes;
    assert_eq!(notes[0], "12 rows have no text and are left out (lines 2, 3, 4, 5, 6 and 7 more).");
    assert!(mistake(build("text,label\na,\n,x\n", &mapping())).2.contains("No row has both"));
}

#[test]
fn bad_columns_are_named() {
    let text = "text,label,split\na,x,train\nb,y,train\n";
    let (_, column, message) = mistake(build(text, &Mapping::new("sentence", "label")));
    assert_eq!(column.as_deref(), Some("sentence"));
    assert!(message.contains("“text”, “label”, “split”"), "{message}");
    assert!(mistake(build(text, &Mapping::new("text", "text"))).2.contains("same column"));
    for split in ["text", "label"] {
        let mapping = Mapping { split: Some(split.to_owned()), ..mapping() };
        assert!(mistake(build(text, &mapping)).2.contains("same column"));
    }
    let one = table("words\nonly\nthese\n");
    assert!(mistake(Dataset::build(&one, &Mapping::guess(&one))).2.contains("only one column"));
}

#[test]
fn too_few_or_too_many_classes_are_refused() {
    let (_, column, message) = mistake(build("text,label\na,x\nb,x\n", &mapping()));
    assert_eq!(column.as_deref(), Some("label"));
    assert!(message.contains("only one class, “x”"), "{message}");
    let distinct: String = (0..30).map(|row| format!("t{row},l{}\n", row % 20)).collect();
    assert!(mistake(build(&format!("text,label\n{distinct}"), &mapping())).2.contains("looks like text"));
    let thousands: String = (0..4000).map(|row| format!("t{row},l{}\n", row % 1001)).collect();
    assert!(mistake(build(&format!("text,label\n{thousands}"), &mapping())).2.contains("1001 different values"));
    let thousand: String = (0..4000).map(|row| format!("t{row},l{}\n", row % 1000)).collect();
    assert_eq!(build(&format!("text,label\n{thousand}"), &mapping()).expect("a data set").labels.len(), 1000);
    assert_eq!(build("text,label\na,x\nb,y\n", &mapping()).expect("two rows will do").train.len(), 2);
}

#[test]
fn the_hash_covers_texts_labels_and_sides() {
    let hash = |text: &str, mapping: &Mapping| build(text, mapping).expect("a data set").hash;
    let none = Mapping { validation_share: 0.0, ..mapping() };
    let base = hash("text,label\na,x\nb,y\n", &none);
    // printf 'tabtune dataset 1\nt\1\0\0\0\0\0\0\0a\1\0\0\0\0\0\0\0xt\1\0\0\0\0\0\0\0b\1\0\0\0\0\0\0\0y' | sha256sum
    assert_eq!(base, "059d3e5454f11b1928447bb83db95e7ca6e5293e454522ac645c271aa77101de");
    assert_eq!(base, hash("label;id;text\r\nx;1;\"a\"\r\n y;2;b\r\n", &none), "only text, label and side count");
    for other in ["text,label\na,x\nc,y\n", "text,label\na,y\nb,x\n", "text,label\nb,y\na,x\n"] {
        assert_ne!(base, hash(other, &none));
    }
    let split = Mapping { split: Some("split".to_owned()), ..mapping() };
    let one = hash("text,label,split\na,x,train\nb,y,train\nc,x,dev\n", &split);
    assert_ne!(one, hash("text,label,split\na,x,train\nb,y,train\nc,x,train\n", &split));
}

#[test]
fn the_health_of_the_data_is_told() {
    let split = Mapping { split: Some("split".to_owned()), ..mapping() };
    let mut text = String::from("text,label,split\na,x,train\na,x,train\na,y,train\nb,y,train\nb,y,dev\n");
    text += &(0..40).map(|row| format!("t{row},x,train\n")).collect::<String>();
    let notes = build(&text, &split).expect("a data set").notes;
    let expected = [
        "2 rows repeat an earlier row, text and label alike (lines 3, 6).",
        "1 row has the text of an earlier row but another label, which no model can learn (line 4).",
        "1 row held out for validation is also trained on, so that the scores look better than they are (line 6).",
        "“x” has 42 training rows, “y” only 2: consider balanced class weights, and watch macro-F1.",
        "Fewer than 8 training rows: “y” (2). Such classes are hardly learned; add rows.",
    ];
    assert_eq!(notes, expected);
    assert_eq!(Dataset::build(&sized(&[20, 20]), &mapping()).expect("a data set").notes, [] as [&str; 0]);
}

#[test]
fn questions_on_contexts_that_are_trained_on_are_told_of() {
    let split = Some("split".to_owned());
    let mapping = Mapping { task: Task::Answers, split, ..Mapping::new("question", "answer") };
    let mapping = Mapping { pair: Some("context".to_owned()), ..mapping };
    let told = |context: &str| {
        let rows = format!("Who?,I was,I,train\nWhat?,{context},was,dev\n");
        build(&format!("question,context,answer,split\n{rows}"), &mapping).expect("a data set").notes
    };
    let known = "1 row held out for validation asks on a context that is also trained on, so that the scores look better \
                 than they are (line 3).";
    assert_eq!(told("I was"), [known]);
    assert_eq!(told("It was"), [] as [&str; 0]);
}

#[test]
fn info_has_the_shape_that_the_page_expects() {
    let info = Dataset::build(&sized(&[20, 10]), &mapping()).expect("a data set").info();
    assert_eq!(info.classes[1], ClassInfo { label: "class 1".to_owned(), train: 9, validation: 1 });
    let json = serde_json::to_value(&info).expect("it serialises");
    assert_eq!((json["train"].as_u64(), json["validation"].as_u64()), (Some(27), Some(3)));
    assert!(json["longest_tokens"].is_null() && json["mean_tokens"].is_null());
    let mapping: Mapping = serde_json::from_str(r#"{"text": "a", "label": "b", "split": null}"#).expect("a mapping");
    assert_eq!(mapping, Mapping::new("a", "b"));
    assert!(serde_json::from_str::<Mapping>(r#"{"text": "a", "label": "b", "seeed": 1}"#).is_err());
}

#[test]
fn labels_of_a_model_are_looked_up() {
    let rows = table("text,label\na,pos\n,neg\nb, pos \n");
    let labels = ["neg", "pos"].map(str::to_owned);
    let examples = Dataset::with_labels(&rows, &mapping(), &labels).expect("examples");
    assert_eq!(examples.iter().filter_map(|example| example.target.class()).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!(examples[1].text, "");
    let (line, column, message) = mistake(Dataset::with_labels(&rows, &mapping(), &["neg".to_owned()]));
    assert_eq!((line, column.as_deref()), (Some(2), Some("label")));
    assert_eq!(message, "The label “pos” is not one that the model knows: neg.");
    let unnamed = ["LABEL_0", "LABEL_1"].map(str::to_owned);
    let examples = Dataset::with_labels(&table("text,label\na,1\nb,0\nc,LABEL_1\n"), &mapping(), &unnamed);
    assert_eq!(
        examples.expect("examples").iter().filter_map(|example| example.target.class()).collect::<Vec<_>>(),
        [1, 0, 1]
    );
    assert!(
        mistake(Dataset::with_labels(&rows, &Mapping::new("text", "klasse"), &labels))
            .2
            .contains("no column of this name")
    );
}

#[test]
fn guesses_by_name_and_by_contents() {
    let cases = [
        ("id,review,sentiment\n1,good film,pos\n2,bad film,neg\n", ("review", "sentiment")),
        ("label,text\npos,good\nneg,bad\n", ("text", "label")),
        ("label_text,text,label\nspam,win a prize now,1\nham,hello there,0\n", ("text", "label")),
        (
            "url,kind,words\nhttp://a,x,some longer words that are the text\nhttp://b,y,more of them in this row\nhttp://c,x,and even more of them\n",
            ("words", "kind"),
        ),
        ("1,I liked this film\n0,I did not\n1,Yes indeed\n", ("column 2", "column 1")),
        ("text\nonly one\nother\n", ("text", "text")),
        (
            "customer_comment,product_category\ngreat stuff,toys\nbad stuff,books\n",
            ("customer_comment", "product_category"),
        ),
    ];
    for (text, (expected_text, expected_label)) in cases {
        let mapping = Mapping::guess(&table(text));
        assert_eq!((mapping.text.as_str(), mapping.label.as_str()), (expected_text, expected_label), "{text}");
        assert_eq!((mapping.split, mapping.validation_share, mapping.seed), (None, 0.1, 0));
    }
    let split = |text: &str| Mapping::guess(&table(text)).split;
    assert_eq!(split("text,label,split\na,x,train\nb,y,test\n").as_deref(), Some("split"));
    assert_eq!(split("text,label,Fold\na,x,Train\nb,y,dev\n").as_deref(), Some("Fold"));
    assert_eq!(split("text,label,fold\na,x,1\nb,y,2\n"), None);
    assert_eq!(
        split("text,label,split\na,x,train\nb,y,trian\nc,y,dev\nd,x,\n").as_deref(),
        Some("split"),
        "with mistakes"
    );
    assert_eq!(split("text,label,set\na,x,Training\nb,y,Testing\n").as_deref(), Some("set"));
    assert_eq!(split("text,label,part\na,x,train\nb,y,test\n"), None);
}
