//! Rows to the examples of every task but plain classification.

use tabtune::Task;
use tabtune::data::{Answer, ClassInfo, Dataset, Example, Mapping, Table, Target, Word};

fn table(text: &str) -> Table {
    let name = if text.starts_with('{') { "a.jsonl" } else { "a.csv" };
    Table::parse(text.as_bytes(), name).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Nothing is held out, so that the examples stay in the file's order.
fn guessed(table: &Table, task: Task) -> Mapping {
    Mapping { validation_share: 0.0, ..Mapping::guess_for(table, task) }
}

fn build(text: &str, task: Task) -> Dataset {
    let table = table(text);
    Dataset::build(&table, &guessed(&table, task)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn targets(dataset: &Dataset) -> Vec<Target> {
    dataset.train.iter().map(|example| example.target.clone()).collect()
}

/// Words of the text with their tags.
fn tagged(dataset: &Dataset, row: usize) -> Vec<(String, &str)> {
    let example = &dataset.train[row];
    let letters: Vec<char> = example.text.chars().collect();
    let Target::Words(words) = &example.target else { panic!("{example:?}") };
    let text = |word: &Word| letters[word.start as usize..word.end as usize].iter().collect();
    words.iter().map(|word| (text(word), dataset.labels[word.tag].as_str())).collect()
}

/// `word/TAG` for each word, with spaces between.
fn sentence(dataset: &Dataset, row: usize) -> String {
    tagged(dataset, row).iter().map(|(word, tag)| format!("{word}/{tag}")).collect::<Vec<_>>().join(" ")
}

fn class(label: &str, train: usize, validation: usize) -> ClassInfo {
    ClassInfo { label: label.to_owned(), train, validation }
}

#[test]
fn several_labels_from_lists_or_with_a_separator() {
    let expected = [vec![0, 1], vec![], vec![1], vec![0, 1], vec![1]].map(Target::Classes);
    let separated = build("text,topics\na,sport | art\nb,\nc,sport|\nd,art|sport|art\ne,sport\n", Task::MultiLabel);
    assert_eq!(separated.labels, ["art", "sport"]);
    assert_eq!(targets(&separated), expected);
    let lists = "{\"text\":\"a\",\"labels\":[\"sport\",\" art\"]}\n{\"text\":\"b\",\"labels\":[]}\n{\"text\":\"c\",\"labels\":[\"sport\",\"\"]}\n{\"text\":\"d\",\"labels\":[\"art\",\"sport\",\"art\"]}\n{\"text\":\"e\",\"labels\":[\"sport\"]}\n";
    assert_eq!(targets(&build(lists, Task::MultiLabel)), expected);
    assert_eq!(separated.classes(), [class("art", 2, 0), class("sport", 4, 0)]);
    assert!(separated.notes.contains(&"1 of 5 rows have no label (20 %).".to_owned()), "{:?}", separated.notes);
    // Without a separator each cell is one label; numbers are sorted as such.
    let whole = build("text,label\na,10\nb,9\nc,10\n", Task::MultiLabel);
    assert_eq!(
        (whole.labels.as_slice(), targets(&whole)[0].clone()),
        (&["9".into(), "10".into()][..], Target::Classes(vec![1]))
    );
}

#[test]
fn every_label_of_several_keeps_a_row_to_train_on() {
    let mut text = String::from("text,labels\nonly,rare|common\n");
    (0..30).for_each(|row| text += &format!("text {row},common{}\n", if row % 2 == 0 { "|even" } else { "" }));
    let table = table(&text);
    for seed in 0..30 {
        let mapping = Mapping { validation_share: 0.9, seed, ..Mapping::guess(&table) };
        assert_eq!(mapping.task, Task::MultiLabel);
        let dataset = Dataset::build(&table, &mapping).expect("a data set");
        assert!(dataset.classes().iter().all(|class| class.train > 0), "seed {seed}: {:?}", dataset.classes());
        assert_eq!(dataset.validation.len(), 28);
    }
}

#[test]
fn scores_are_numbers() {
    let dataset = build("text,score\na,3.5\nb, -1e-2 \nc,+4\nd,\n", Task::Regression);
    assert_eq!(targets(&dataset), [3.5, -0.01, 4.0].map(Target::Score));
    assert_eq!((dataset.labels.len(), dataset.classes().len()), (0, 0));
    assert_eq!(dataset.notes[0], "1 row has no score and is left out (line 5).");
    assert_eq!(dataset.notes[1], "The scores to train on go from -0.01 to 4; their mean is 2.497.");
}

#[test]
fn scores_are_read_with_the_marks_of_their_column() {
    for (cells, scores, note) in [
        (["3,5", "1.100,25", "-0,5", "10.265"], [3.5, 1100.25, -0.5, 10265.0], "with a decimal comma: “3,5” is 3.5."),
        (
            ["1,085.5", "12", "1,234", "0.5"],
            [1085.5, 12.0, 1234.0, 0.5],
            "commas between thousands: “1,085.5” is 1085.5.",
        ),
        (["10.265", "863", "446", "1.5e3"], [10.265, 863.0, 446.0, 1500.0], ""),
    ] {
        let rows: String = cells.iter().enumerate().map(|(row, cell)| format!("text {row};{cell}\n")).collect();
        let text = format!("text;value\n{rows}");
        let dataset = build(&text, Task::Regression);
        assert_eq!(targets(&dataset), scores.map(Target::Score));
        assert_eq!(dataset.notes.iter().any(|told| told.starts_with("Numbers are read")), !note.is_empty());
        assert!(dataset.notes.iter().any(|told| told.ends_with(note)), "{:?}", dataset.notes);
        let table = table(&text);
        let measured = Dataset::with_labels(&table, &guessed(&table, Task::Regression), &[]).expect("examples");
        assert_eq!(measured.into_iter().map(|example| example.target).collect::<Vec<_>>(), scores.map(Target::Score));
    }
    let pairs = build("sentence1;sentence2;score\na;b;0,5\nc;d;1\n", Task::Embedding);
    assert_eq!(targets(&pairs), [0.5, 1.0].map(Target::Score));
}

#[test]
fn pairs_carry_the_second_text() {
    let dataset = build("premise,hypothesis,label\na,b,yes\nc,,no\nd,e,no\n", Task::Classification);
    let pairs: Vec<_> = dataset.train.iter().map(|row| (row.text.as_str(), row.pair.as_deref())).collect();
    assert_eq!(pairs, [("a", Some("b")), ("d", Some("e"))]);
    assert_eq!(dataset.notes[0], "1 row has no second text and is left out (line 3).");
}

#[test]
fn words_and_tags_of_lists_make_a_text() {
    let text = "{\"tokens\": [\"EU\", \"größer\", \"Berlin\"], \"ner_tags\": [\"B-ORG\", \"O\", \"B-LOC\"]}\n{\"tokens\": [\"so\", \" \", \"New York\"], \"ner_tags\": [\"O\", \"O\", \"B-LOC\"]}\n{\"tokens\": [], \"ner_tags\": []}\n";
    let dataset = build(text, Task::Tokens);
    assert_eq!(dataset.labels, ["O", "B-LOC", "B-ORG"]);
    assert_eq!(dataset.train[0].text, "EU größer Berlin");
    assert_eq!(sentence(&dataset, 0), "EU/B-ORG größer/O Berlin/B-LOC");
    assert_eq!(tagged(&dataset, 1), [("so".to_owned(), "O"), ("New York".to_owned(), "B-LOC")]);
    assert_eq!(dataset.classes(), [class("LOC", 2, 0), class("ORG", 1, 0)]);
    assert_eq!(dataset.notes[0], "1 row has no word and is left out (line 3).");
    assert_eq!(dataset.notes[1], "1 row has empty words, which are left out with their tags (line 2).");
    let marked = "The texts have 2 words on average, the longest 3; 60.0 % of the words are tagged.";
    assert!(dataset.notes.iter().any(|note| note == marked), "{:?}", dataset.notes);
}

#[test]
fn words_and_tags_may_be_texts_with_spaces_and_tags_numbers() {
    let dataset = build("sentence,tags\n\"A b,  c\",DET NOUN NOUN\nd,VERB\n", Task::Tokens);
    assert_eq!(dataset.train[0].text, "A b,  c");
    assert_eq!(sentence(&dataset, 0), "A/DET b,/NOUN c/NOUN");
    assert_eq!(dataset.labels, ["DET", "NOUN", "VERB"]);
    assert_eq!(dataset.classes(), [class("DET", 1, 0), class("NOUN", 2, 0), class("VERB", 1, 0)]);
    let numbers = build("{\"tokens\":[\"a\",\"b\"],\"tags\":[10,9]}\n", Task::Tokens);
    assert_eq!(numbers.labels, ["9", "10"]);
    assert!(numbers.notes.iter().any(|note| note.contains("tags are numbers")), "{:?}", numbers.notes);
}

#[test]
fn conll_files_become_examples() {
    let conll = "EU NNP B-ORG\nrejects VBZ O\n. . O\n\nPeter NNP B-PER\nBlackburn NNP I-PER\n";
    let table = Table::parse(conll.as_bytes(), "train.txt").expect("a table");
    let mapping = Mapping { validation_share: 0.0, ..Mapping::guess(&table) };
    assert_eq!(mapping.task, Task::Tokens);
    let dataset = Dataset::build(&table, &mapping).expect("a data set");
    assert_eq!(dataset.labels, ["O", "B-ORG", "B-PER", "I-PER"]);
    assert_eq!(sentence(&dataset, 1), "Peter/B-PER Blackburn/I-PER");
    assert_eq!(dataset.train[1].line, 5);
}

#[test]
fn spans_of_every_tool_become_tags() {
    let expected = "Dr/O ./O Jürgen/B-PER Meier/I-PER lives/O in/O New/B-LOC York/I-LOC ./O";
    let spans = [
        r#""label": [[4, 16, "PER"], [26, 34, "LOC"]]"#,
        r#""entities": [{"id": 3, "label": "LOC", "start_offset": 26, "end_offset": 34}, {"id": 1, "label": "PER", "start_offset": 4, "end_offset": 16}], "relations": []"#,
        r#""label": [{"start": 4, "end": 16, "text": "Jürgen Meier", "labels": ["PER"]}, {"start": 26, "end": 34, "text": "New York", "labels": ["LOC"]}]"#,
        r#""spans": [{"start": 4, "end": 16, "label": "PER", "token_start": 1}, {"start": 26, "end": 34, "label": "LOC"}], "answer": "accept""#,
        r#""annotations": {"entities": [[4, 16, "PER"], [26, 34, "LOC"]]}"#,
    ];
    for spans in spans {
        let text = "{\"id\": 1, \"text\": \"Dr. Jürgen Meier lives in New York.\", SPANS}\n".replace("SPANS", spans);
        let table = table(&text);
        assert_eq!(Mapping::guess(&table).task, Task::Tokens, "{spans}");
        let dataset = build(&text, Task::Tokens);
        assert_eq!(sentence(&dataset, 0), expected, "{spans}");
        assert_eq!(dataset.labels, ["O", "B-LOC", "B-PER", "I-LOC", "I-PER"]);
        assert_eq!(dataset.train[0].text, "Dr. Jürgen Meier lives in New York.");
        assert!(!dataset.notes.iter().any(|note| note.contains("widened")), "{:?}", dataset.notes);
    }
}

#[test]
fn a_text_in_which_an_annotator_marked_nothing_is_one_without_spans() {
    let marked = r#"{"text": "Ada left.", "label": [{"start": 0, "end": 3, "labels": ["PER"]}], "annotation_id": 1}"#;
    let nothing = r#"{"text": "It rained.", "annotation_id": 2}"#;
    let open = r#"{"text": "Who knows?", "annotation_id": null}"#;
    let dataset = build(&format!("{marked}\n{nothing}\n{open}\n"), Task::Tokens);
    assert_eq!(dataset.train.len(), 2);
    assert_eq!(tagged(&dataset, 1), ["It", "rained", "."].map(|word| (word.to_owned(), "O")));
    let notes = dataset.notes.join(" ");
    assert!(notes.contains("1 row has no tags and is left out (line 3)."), "{notes}");
}

#[test]
fn spans_that_carry_their_text_may_count_units_of_utf_16() {
    let spans = r#"[{"start":7,"end":11,"text":"Anna","labels":["PER"]},{"start":20,"end":25,"text":"São\\nP","labels":["LOC"]}]"#;
    let text = format!("{{\"text\": \"😀🎉📦 Anna, not in São\\nP\", \"label\": {spans}}}\n");
    let dataset = build(&text, Task::Tokens);
    assert_eq!(sentence(&dataset, 0), "😀/O 🎉/O 📦/O Anna/B-PER ,/O not/O in/O São/B-LOC P/I-LOC");
}

#[test]
fn tags_of_another_form_than_b_per_are_said_to_be_words() {
    let note = "No tag is of the form B-PER";
    for tag in ["b-per", "B_PER", "PER-B"] {
        let odd = build(&format!("{{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\",\"{tag}\"]}}\n"), Task::Tokens);
        assert!(odd.notes.iter().any(|said| said.contains(note)), "{tag}: {:?}", odd.notes);
    }
    for tag in ["B-PER", "VERB", "NN-SB"] {
        let usual = build(&format!("{{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\",\"{tag}\"]}}\n"), Task::Tokens);
        assert!(!usual.notes.iter().any(|said| said.contains(note)), "{tag}: {:?}", usual.notes);
    }
}

#[test]
fn spans_are_widened_to_words_and_counted() {
    let text = "{\"text\": \"Berliner Luft\", \"spans\": [[0, 6, \"LOC\"]]}\n{\"text\": \"in Rom \", \"spans\": [[2, 7, \"LOC\"]]}\n{\"text\": \"x\", \"spans\": []}\n";
    let dataset = build(text, Task::Tokens);
    assert_eq!(
        [sentence(&dataset, 0), sentence(&dataset, 1), sentence(&dataset, 2)],
        ["Berliner/B-LOC Luft/O", "in/O Rom/B-LOC", "x/O"]
    );
    assert_eq!(dataset.labels, ["O", "B-LOC", "I-LOC"], "an entity of several words must have a tag, too");
    let note = "1 row has spans that start or end within a word and were widened to whole words (line 1).";
    assert_eq!(dataset.notes[0], note);
}

#[test]
fn answers_are_placed_in_characters() {
    let context = "größere Städte: Köln, Köln-Deutz.";
    let at = |start, end| Answer { start, end };
    let cases = [
        (r#"[{"text":"Köln","answer_start":22}]"#, vec![at(22, 26)]),
        (r#"[{"text":" Köln ","answer_start":15}]"#, vec![at(16, 20)]),
        (r#"[{"text":" Köln","answer_start":15}, {"answer_start":16,"text":"Köln"}]"#, vec![at(16, 20)]),
        (r#"{"text":["Köln-Deutz","Städte"],"answer_start":[22,8]}"#, vec![at(22, 32), at(8, 14)]),
        (r#"{"text":[],"answer_start":[]}"#, vec![]),
        (r#"["Städte"]"#, vec![at(8, 14)]),
        ("Köln", vec![at(16, 20)]),
        ("St", vec![at(8, 10)]),
        ("eutz", vec![at(28, 32)]),
        (r#"["e"]"#, vec![at(4, 5)]),
        ("Deutz.", vec![at(27, 33)]),
        ("  ", vec![]),
    ];
    for (cell, expected) in cases {
        let quoted = cell.replace('"', "\"\"");
        let text = format!("question,context,answers\nq,\"{context}\",größere\nwhere?,\"{context}\",\"{quoted}\"\n");
        let table = table(&text);
        let dataset = Dataset::build(&table, &guessed(&table, Task::Answers));
        let dataset = dataset.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(dataset.train[1].target, Target::Answers(expected), "{cell}");
        assert_eq!((dataset.train[1].text.as_str(), dataset.train[1].pair.as_deref()), ("where?", Some(context)));
    }
}

#[test]
fn an_answer_without_a_place_is_a_word_of_its_own_if_it_can_be() {
    let cases = [
        ("The Romance was sold in Rom, not in Rome.", "Rom", 24),
        ("Aroma and Romance", "Rom", 10),
        ("It cost 120 or 12 or 12.", "12", 15),
        ("Er wohnt im Überrom (Rom)", "rom", 16),
        ("東京と京都", "京", 1),
    ];
    for (context, answer, start) in cases {
        let dataset = build(&format!("question,context,answer\nq,\"{context}\",{answer}\n"), Task::Answers);
        let end = start + answer.chars().count() as u32;
        assert_eq!(targets(&dataset), [Target::Answers(vec![Answer { start, end }])], "{context}");
    }
}

#[test]
fn questions_without_answers_are_counted() {
    let text = "question,context,answers\nq,c d,c\nr,c d,\ns,,c\n";
    let dataset = build(text, Task::Answers);
    assert_eq!(targets(&dataset)[1], Target::Answers(Vec::new()));
    assert_eq!(dataset.notes[0], "1 row has no context and is left out (line 4).");
    assert_eq!(dataset.notes[1], "1 of 2 questions have no answer in their context (50 %).");
}

#[test]
fn embeddings_learn_from_scores_negatives_or_pairs() {
    let pairs = build("anchor,positive\na,b\nc,d\n", Task::Embedding);
    assert_eq!(targets(&pairs), [Target::None, Target::None]);
    assert_eq!(pairs.train[1].pair.as_deref(), Some("d"));
    let triplets = build("anchor,positive,negative\na,b,x\nc,d,y\nc,d,z\n", Task::Embedding);
    assert_eq!(targets(&triplets), ["x", "y", "z"].map(|text| Target::Negative(text.into())));
    assert!(!triplets.notes.iter().any(|note| note.contains("row of the file")), "{:?}", triplets.notes);
    let scored = build("sentence1,sentence2,score\na,b,0.5\nc,d,1\n", Task::Embedding);
    assert_eq!(targets(&scored), [0.5, 1.0].map(Target::Score));
    assert_eq!(scored.cosines, None, "these are cosines");
    assert_eq!(build("sentence1,sentence2,score\na,b,1.0000002\nc,d,-1\n", Task::Embedding).cosines, None);
    let rated = build("sentence1,sentence2,score,split\na,b,0,train\nc,d,2.5,train\ne,f,5,val\n", Task::Embedding);
    assert_eq!(targets(&rated), [0.0, 0.5].map(Target::Score));
    assert_eq!(rated.validation[0].target, Target::Score(1.0));
    let said = "A score of 0 is learnt as the cosine 0, one of 5 as 1.";
    assert!(rated.notes.iter().any(|note| note == said), "{:?}", rated.notes);
    assert!(scored.labels.is_empty() && triplets.labels.is_empty());
    let judged = build("sentence1,sentence2,same\na,b,TRUE\nc,d,False\ne,f,yes\ng,h, no \n", Task::Embedding);
    assert_eq!(targets(&judged), [1.0, 0.0, 1.0, 0.0].map(Target::Score));
}

#[test]
fn language_needs_texts_alone() {
    let dataset = build("body\nsome words\n\nmore words\nsome words\n", Task::Language);
    assert_eq!(targets(&dataset), [Target::None, Target::None, Target::None]);
    assert_eq!(dataset.notes[0], "1 row repeats an earlier row, all of it alike (line 5).");
    let table = table("body,label\nsome,1\nmore,2\n");
    let stale = Mapping { task: Task::Language, pair: Some("absent".to_owned()), ..Mapping::new("body", "body") };
    assert_eq!(Dataset::build(&table, &stale).expect("what is not read may be named").train.len(), 2);
}

#[test]
fn the_split_of_other_tasks_is_seeded_and_stable() {
    let rows: String = (0..40).map(|row| format!("text {row},{}.5\n", row % 7)).collect();
    let table = table(&format!("text,score\n{rows}"));
    let build = |seed| {
        let mapping = Mapping { validation_share: 0.2, seed, ..Mapping::guess_for(&table, Task::Regression) };
        Dataset::build(&table, &mapping).expect("a data set")
    };
    let lines = |seed| build(seed).validation.iter().map(|example| example.line).collect::<Vec<u64>>();
    // Pinned: the same rows are held out on every machine and with every later version.
    assert_eq!(lines(0), [3, 8, 10, 11, 23, 29, 30, 40]);
    assert_eq!(lines(0), lines(0));
    assert_ne!(lines(0), lines(1));
    assert_ne!(build(0).hash, build(1).hash);
}

#[test]
fn the_hash_of_other_tasks_is_as_documented() {
    // printf 'tabtune dataset 2\nregression\nt\1\0\0\0\0\0\0\0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf8?t\1\0\0\0\0\0\0\0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@' | sha256sum
    assert_eq!(
        build("text,score\na,1.5\nb,2\n", Task::Regression).hash,
        "fa4155c8e611ba37f7847465a40a08086b1dc254f2af634600766560d0aee039"
    );
    // printf 'tabtune dataset 2\nclassification\nt\1\0\0\0\0\0\0\0a\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0b\1\0\0\0\0\0\0\0xt\1\0\0\0\0\0\0\0c\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0d\1\0\0\0\0\0\0\0y' | sha256sum
    assert_eq!(
        build("premise,hypothesis,label\na,b,x\nc,d,y\n", Task::Classification).hash,
        "90e8f2e55ecf5b03fffe7f3f432b036e863c5a19172e966d3b6708c31aa99b4c"
    );
    // printf 'tabtune dataset 2\ntokens\nt\3\0\0\0\0\0\0\0a b\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0B-X\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0O' | sha256sum
    assert_eq!(
        build("{\"tokens\":[\"a\",\"b\"],\"tags\":[\"B-X\",\"O\"]}\n", Task::Tokens).hash,
        "f46ec7078f4d7fb7c852929e52d4f74baef7d2640236b6940106b696aeedb985"
    );
    let texts = [
        build("text,labels\na,x|y\nb,x\n", Task::MultiLabel),
        build("text,labels\na,x\nb,x|y\n", Task::MultiLabel),
        build("question,context,answers\nq,a b,a\n", Task::Answers),
        build("question,context,answers\nq,a b,b\n", Task::Answers),
        build("anchor,positive,negative\na,b,c\nd,e,f\n", Task::Embedding),
        build("anchor,positive,negative\na,b,c\nd,e,g\n", Task::Embedding),
        build("anchor,positive\na,b\nd,e\n", Task::Embedding),
        build("text\na\nd\n", Task::Language),
    ];
    let mut hashes: Vec<&str> = texts.iter().map(|dataset| dataset.hash.as_str()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), texts.len());
}

#[test]
fn tables_are_read_with_the_labels_of_a_model() {
    let read = |text: &str, task: Task, labels: &[&str]| {
        let table = table(text);
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let examples = Dataset::with_labels(&table, &Mapping::guess_for(&table, task), &labels);
        examples.map(|examples| examples.into_iter().map(|example: Example| example.target).collect::<Vec<_>>())
    };
    let several = read("text,labels\n,b|c\nx,\nx,c|b\n", Task::MultiLabel, &["c", "a", "b"]).expect("examples");
    assert_eq!(several, [vec![0, 2], vec![], vec![0, 2]].map(Target::Classes), "also rows without text");
    let tokens = "{\"tokens\":[\"a\",\"b\"],\"tags\":[1,0]}\n{\"tokens\":[],\"tags\":[]}\n";
    let tags = read(tokens, Task::Tokens, &["LABEL_0", "LABEL_1"]).expect("examples");
    let words = [Word { start: 0, end: 1, tag: 1 }, Word { start: 2, end: 3, tag: 0 }];
    assert_eq!(tags, [Target::Words(words.to_vec()), Target::Words(Vec::new())]);
    let spans = "{\"text\":\"a b\",\"spans\":[[0,1,\"X\"]]}\n";
    assert!(read(spans, Task::Tokens, &["O", "B-X"]).is_ok(), "I-X does not occur");
    let error = read(spans, Task::Tokens, &["O", "B-Y"]).expect_err("an unknown tag").to_string();
    assert_eq!(error, "Line 1: The label “B-X” is not one that the model knows: O, B-Y.");
    assert_eq!(read("text,score\na,2\n", Task::Regression, &["LABEL_0"]).expect("examples"), [Target::Score(2.0)]);
    let rated = read("sentence1,sentence2,score\na,b,1\nc,d,5\n", Task::Embedding, &[]).expect("examples");
    assert_eq!(rated, [0.0, 1.0].map(Target::Score));
    assert_eq!(read("text,topic\na,2\n", Task::Language, &[]).expect("examples"), [Target::None]);
}

#[test]
fn info_names_the_task() {
    let json = serde_json::to_value(build("text,score\na,1.5\nb,2\n", Task::Regression).info()).expect("it serialises");
    assert_eq!((json["task"].as_str(), json["classes"].as_array().map(Vec::len)), (Some("regression"), Some(0)));
}
