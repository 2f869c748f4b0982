//! What is no checkpoint, not whole, forged, or of something else: refused in words.

use super::*;

#[test]
fn another_model_other_data_or_another_task_is_refused_in_words() {
    let case = Case::fruit(recipe());
    let bytes = case.checkpoint(3);
    let refused = |session: &mut Session, words: &str| {
        let error = block_on(session.resume(&bytes)).expect_err(words).to_string();
        assert!(error.contains(words), "{error} lacks {words:?}");
        assert!(!session.is_running());
    };
    let mut session = empty(DeviceKind::Cpu);
    refused(&mut session, "Open the model “tiny-bert” first");
    let open = |session: &mut Session, folder: &Folder, name: &str| {
        session.open_model(folder.files(), name).expect("a model");
    };
    open(&mut session, &Folder::fixture("tiny-bert"), "tiny-bert");
    refused(&mut session, "Open the table “fruit.csv”");
    session.open_table(case.table.as_bytes(), "fruit.csv").expect("a table");
    session.map_columns(&mapping(0.5)).expect("a data set");
    refused(&mut session, "learns from other data");
    let labels = Mapping { task: Task::MultiLabel, ..mapping(0.25) };
    session.map_columns(&labels).expect("a data set");
    refused(&mut session, "classification, but the columns are chosen for multi_label");
    session.map_columns(&case.mapping).expect("a data set");

    // The same name with another weight, other words, or another dropout; and another name.
    let folder = Folder::fixture("tiny-bert");
    let mut other = folder.clone();
    let last = other.weights.len() - 2;
    other.weights[last] ^= 1;
    open(&mut session, &other, "tiny-bert");
    refused(&mut session, "the files differ");
    open(&mut session, &folder.with_config("initializer_range", json!(0.03)), "tiny-bert");
    refused(&mut session, "the files differ");
    open(&mut session, &other, "mine");
    refused(&mut session, "trains “tiny-bert”, and “mine” is open");

    // What is the same under another name goes on; a run under way is not thrown away.
    open(&mut session, &folder, "tiny-bert-copy");
    block_on(session.resume(&bytes)).expect("the same model");
    let error = block_on(session.resume(&bytes)).expect_err("a run is under way");
    assert!(error.to_string().contains("A run is under way") && session.is_running(), "{error}");
}

/// Asserts that bytes are refused with these words, and that nothing is running then.
#[track_caller]
pub fn unusable(case: &Case, bytes: &[u8], words: &str) {
    let error = Session::checkpoint_info(bytes).expect_err(words).to_string();
    assert!(error.contains(words) && error.len() < 1000, "{error} lacks {words:?}");
    let mut session = case.session();
    assert_eq!(block_on(session.resume(bytes)).expect_err(words).to_string(), error);
    assert!(!session.is_running());
}

#[test]
fn what_is_not_whole_is_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(8);
    let header = 8 + u64::from_le_bytes(*whole.first_chunk().expect("a length")) as usize;
    for (bytes, words) in [
        (&b""[..], "too short"),
        (&whole[..11], "too short"),
        (&whole[..1000], "cut short within its header"),
        (&whole[..header], "should be"),
        (&whole[..whole.len() - 1], "should be"),
        (&[&whole[..], b" "].concat(), "should be"),
        (&[0xFF; 64], "no checkpoint"),
        (b"PK\x03\x04\x14\0\0\0\x08\0 and the rest of a zip archive", "no checkpoint"),
        (&Folder::fixture("tiny-bert").weights, "no checkpoint"),
        (&[&100_u64.to_le_bytes()[..], &[b'['; 200]].concat(), "header is not right"),
    ] {
        unusable(&case, bytes, words);
    }
    // A file of which the last pages never reached the disk has its length, and zeros.
    for lost in [4, 100, 4096] {
        let mut torn = whole.clone();
        let kept = torn.len() - lost;
        torn[kept..].fill(0);
        unusable(&case, &torn, "damaged or not whole");
    }
    // No bit can change unnoticed.
    let bits = (0..whole.len() * 8).step_by(whole.len() * 8 / 500);
    for bit in
        bits.chain(0..64).chain((header * 8 - 64)..(header * 8 + 64)).chain((whole.len() * 8 - 64)..whole.len() * 8)
    {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        Session::checkpoint_info(&flipped).expect_err("a flipped bit");
    }
    for end in (0..whole.len()).step_by(whole.len() / 200) {
        Session::checkpoint_info(&whole[..end]).expect_err("a part");
    }
}

/// A checkpoint with its header changed by someone who knows how to make its checksum right.
pub fn forged(whole: &[u8], change: impl FnOnce(&mut Value, &mut Value)) -> Vec<u8> {
    let (length, rest) = whole.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).expect("JSON");
    let mut state: Value =
        serde_json::from_str(header["__metadata__"]["state"].as_str().expect("a text")).expect("JSON");
    change(&mut header, &mut state);
    header["__metadata__"]["state"] = state.to_string().into();
    let header = header.to_string();
    let mut bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data[..data.len() - 4]].concat();
    let sum = crc32fast::hash(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

#[test]
fn lies_are_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(10);
    assert_eq!(Session::checkpoint_info(&forged(&whole, |_, _| {})).expect("a checkpoint").step, 8);
    let query = "weights/encoder.layers.0.query.weight";
    let rename = |header: &mut Value, from: &str, to: &str| {
        let entry = header.as_object_mut().and_then(|header| header.remove(from)).expect("an array");
        header[to] = entry;
    };
    type Lie<'a> = Box<dyn FnOnce(&mut Value, &mut Value) + 'a>;
    let lies: Vec<(Lie, &str)> = vec![
        (Box::new(|header, _| header["__metadata__"]["tabtune_checkpoint"] = json!("2")), "another version"),
        (Box::new(|header, _| header[query]["shape"] = json!([16, 64])), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| header[query]["shape"] = json!([u64::MAX, 2])), "header is not right"),
        (Box::new(|header, _| header[query]["shape"] = json!([1_u64 << 40])), "header is not right"),
        (Box::new(|header, _| header[query]["dtype"] = json!("I32")), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| header[query]["data_offsets"] = json!([0, u64::MAX])), "header is not right"),
        (Box::new(|header, _| rename(header, query, "weights/else")), "weights/encoder.layers.0.query.weight"),
        (Box::new(|header, _| rename(header, "history", "weights/more")), "contradict"),
        (Box::new(|header, _| rename(header, "second/head.output.bias", "second/else")), "second/head.output.bias"),
        (Box::new(|header, _| rename(header, "~checksum", "checksum")), "does not end with a checksum"),
        (Box::new(|_, state| state["recipe"]["epochs"] = json!(1_000_000)), "Epochs must be"),
        (Box::new(|_, state| state["recipe"]["epochs"] = json!(4)), "contradict"),
        (Box::new(|_, state| state["recipe"]["colour"] = json!("red")), "recipe cannot be read"),
        (Box::new(|_, state| state["recipe"]["method"] = json!("frozen")), "contradict"),
        (Box::new(|_, state| state["recipe"]["lora_rank"] = json!(1 << 30)), "rank must be"),
        (Box::new(|_, state| state["run"]["step"] = json!(u64::MAX)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(9)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(6)), "contradict"),
        (Box::new(|_, state| state["run"]["step"] = json!(-1)), "cannot be read"),
        (Box::new(|_, state| state["run"]["phase"] = json!("training")), "contradict"),
        (Box::new(|_, state| state["run"]["phase"] = json!("dreaming")), "cannot be read"),
        (Box::new(|_, state| state["run"]["best"]["epoch"] = json!(0)), "contradict"),
        (Box::new(|_, state| state["run"]["best"]["epoch"] = json!(2)), "contradict"),
        (Box::new(|_, state| state["run"]["best"]["report"]["confusion"] = json!([[1]])), "confusions"),
        (Box::new(|_, state| state["run"]["epochs"] = json!([])), "contradict"),
        (Box::new(|_, state| state["run"]["epochs"][0]["step"] = json!(3)), "contradict"),
        (Box::new(|_, state| state["run"]["epochs"][0]["validation"]["scores"][0][0] = json!("luck")), "score"),
        (Box::new(|_, state| state["run"]["epoch_loss"] = json!("much")), "cannot be read"),
        (
            Box::new(|_, state| {
                let number = state["run"]["epoch_loss"].clone();
                state["run"]["units"] = json!([number, number]);
            }),
            "learnt numbers otherwise",
        ),
        (Box::new(|_, state| state["run"]["part"] = json!("head")), "cannot be read"),
        (Box::new(|_, state| state["max_length"] = json!(1)), "contradict"),
        (Box::new(|_, state| state["model_hash"] = json!("")), "the files differ"),
        (Box::new(|_, state| *state = json!(["x".repeat(1 << 20)])), "cannot be read"),
        (Box::new(|_, state| state["labels"] = json!(["a", "b", "c"])), "other data"),
    ];
    for (lie, words) in lies {
        let mut session = case.session();
        let error = block_on(session.resume(&forged(&whole, lie))).expect_err(words).to_string();
        assert!(error.contains(words) && error.len() < 1000, "{error} lacks {words:?}");
        assert!(!session.is_running());
        // What is open is as it was.
        session.start(case.recipe.clone()).expect("a run");
    }
}

#[test]
fn rows_of_a_table_that_do_not_exist_are_refused() {
    let case = Case::fruit(recipe());
    let whole = case.checkpoint(3);
    let name = "rows/encoder.embeddings.word.weight";
    let file = safetensors::SafeTensors::deserialize(&whole).expect("a file");
    let rows = file.tensor(name).expect("rows").data();
    let at = rows.as_ptr() as usize - whole.as_ptr() as usize;
    for (place, row) in [(at + rows.len() - 4, 300_u32), (at + 4, 0), (at + rows.len() - 4, u32::MAX)] {
        let mut bytes = whole.clone();
        bytes[place..place + 4].copy_from_slice(&row.to_le_bytes());
        let bytes = forged(&bytes, |_, _| {});
        let error = block_on(case.session().resume(&bytes)).expect_err("a row that is not there").to_string();
        assert!(error.contains("contradict"), "{error}");
    }
}
