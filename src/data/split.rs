//! The seeded split: which rows are held out for validation, by class where rows have one, and whole contexts of questions.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::target::{Example, Target};
use crate::task::Task;

/// Marks the rows to hold out: for a classification by class, for questions by context where there are enough contexts;
/// at least one row is kept for training.
pub(super) fn hold_out(task: Task, examples: &[Example], labels: usize, share: f64, seed: u64) -> Vec<bool> {
    if task == Task::Classification {
        let classes: Vec<usize> = examples.iter().filter_map(|example| example.target.class()).collect();
        return stratify(&classes, labels, share, seed);
    }
    if task == Task::Answers
        && let Some(validation) = draw_contexts(examples, share, seed)
    {
        return validation;
    }
    let classes: Vec<&[usize]> = examples
        .iter()
        .map(|example| match &example.target {
            Target::Classes(classes) => classes.as_slice(),
            _ => &[],
        })
        .collect();
    draw(&classes, labels, share, seed)
}

/// Marks `round(share · N)` of N rows, drawn from ChaCha8 with the seed. A row that is the last with one of its labels
/// is kept for training and the next one drawn instead, so that fewer are marked where such rows are many.
fn draw(labels: &[&[usize]], count: usize, share: f64, seed: u64) -> Vec<bool> {
    let mut left = vec![0_usize; count];
    labels.iter().flat_map(|row| row.iter()).for_each(|&label| left[label] += 1);
    let mut missing = ((share * labels.len() as f64).round() as usize).min(labels.len().saturating_sub(1));
    let mut rows: Vec<usize> = (0..labels.len()).collect();
    rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut validation = vec![false; labels.len()];
    for row in rows {
        if missing > 0 && labels[row].iter().all(|&label| left[label] > 1) {
            labels[row].iter().for_each(|&label| left[label] -= 1);
            validation[row] = true;
            missing -= 1;
        }
    }
    validation
}

/// Marks all questions on some contexts, since a model that was trained on a context knows more of it than of a new one.
/// Contexts are drawn from ChaCha8 with the seed, and those left out that would make more than `round(share · N)` of N rows.
/// Where all would, the smallest is taken if it makes at most twice as many; else none can be, and rows are to be drawn.
fn draw_contexts(examples: &[Example], share: f64, seed: u64) -> Option<Vec<bool>> {
    let mut places = HashMap::new();
    let mut contexts: Vec<Vec<usize>> = Vec::new();
    for (row, example) in examples.iter().enumerate() {
        let place = *places.entry(example.pair.as_deref()).or_insert(contexts.len());
        if place == contexts.len() {
            contexts.push(Vec::new());
        }
        contexts[place].push(row);
    }
    contexts.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let wanted = ((share * examples.len() as f64).round() as usize).min(examples.len().saturating_sub(1));
    let mut validation = vec![false; examples.len()];
    let mut missing = wanted;
    for rows in &contexts {
        if rows.len() <= missing {
            missing -= rows.len();
            rows.iter().for_each(|&row| validation[row] = true);
        }
    }
    if missing == wanted && wanted > 0 {
        let smallest = contexts.iter().min_by_key(|rows| rows.len())?;
        if contexts.len() == 1 || smallest.len() > 2 * wanted {
            return None;
        }
        smallest.iter().for_each(|&row| validation[row] = true);
    }
    Some(validation)
}

/// Marks the rows to hold out: `round(share · N)` of N, each class in its proportion.
///
/// Class k of n rows gives `⌊share · n⌋` rows and those with the largest remainders one more, the earlier class first
/// among equals (largest-remainder method); but each class keeps at least one row for training. Which rows they are is
/// drawn per class from ChaCha8 with the seed, so that the result is the same on every machine.
fn stratify(labels: &[usize], classes: usize, share: f64, seed: u64) -> Vec<bool> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (row, &label) in labels.iter().enumerate() {
        members[label].push(row);
    }
    let counts = held_out(&members.iter().map(Vec::len).collect::<Vec<_>>(), share);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut validation = vec![false; labels.len()];
    for (mut rows, count) in members.into_iter().zip(counts) {
        rows.shuffle(&mut random);
        for &row in &rows[..count] {
            validation[row] = true;
        }
    }
    validation
}

/// How many rows each class gives.
fn held_out(sizes: &[usize], share: f64) -> Vec<usize> {
    let total = (share * sizes.iter().sum::<usize>() as f64).round() as usize;
    let quota = |class: usize| share * sizes[class] as f64;
    let most = |class: usize| sizes[class].saturating_sub(1);
    let mut counts: Vec<usize> =
        (0..sizes.len()).map(|class| (quota(class).floor() as usize).min(most(class))).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by(|&a, &b| quota(b).fract().total_cmp(&quota(a).fract()));
    let mut missing = total.saturating_sub(counts.iter().sum());
    for class in by_remainder {
        if missing > 0 && counts[class] < most(class) {
            counts[class] += 1;
            missing -= 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_gives_its_share_and_keeps_one_row() {
        assert_eq!(held_out(&[100, 50, 10], 0.1), [10, 5, 1]);
        assert_eq!(held_out(&[5, 5], 0.1), [1, 0]);
        assert_eq!(held_out(&[1, 1, 98], 0.1), [0, 0, 10]);
        assert_eq!(held_out(&[2, 2], 0.9), [1, 1]);
        assert_eq!(held_out(&[10, 10], 0.0), [0, 0]);
        assert_eq!(held_out(&[0, 7], 0.5), [0, 4]);
    }

    fn questions(contexts: &[&str]) -> Vec<Example> {
        let question = |(row, &context): (usize, &&str)| Example {
            text: format!("question {row}").into(),
            pair: Some(context.into()),
            target: Target::Answers(Vec::new()),
            line: row as u64 + 2,
        };
        contexts.iter().enumerate().map(question).collect()
    }

    #[test]
    fn contexts_are_held_out_as_a_whole() {
        let names: Vec<String> = (0..100).map(|row| format!("context {}", row / 5)).collect();
        let examples = questions(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut drawn = Vec::new();
        for seed in 0..20 {
            let validation = hold_out(Task::Answers, &examples, 0, 0.1, seed);
            assert!(validation.chunks(5).all(|rows| rows.iter().all(|&held_out| held_out == rows[0])));
            assert_eq!(validation.iter().filter(|held_out| **held_out).count(), 10);
            drawn.push(validation);
        }
        assert!(drawn.iter().any(|other| *other != drawn[0]));
        assert!(!hold_out(Task::Answers, &examples, 0, 0.0, 1).contains(&true));
        let few = hold_out(Task::Answers, &questions(&["a", "b", "c", "d"]), 0, 0.9, 1);
        assert!(few.contains(&false), "one is left to train on");
    }

    #[test]
    fn few_contexts_are_held_out_by_the_smallest_or_row_by_row() {
        let marked = |contexts: &[&str], share| hold_out(Task::Answers, &questions(contexts), 0, share, 3);
        let count = |validation: &[bool]| validation.iter().filter(|held_out| **held_out).count();
        let smallest = marked(&["a", "b", "a", "a", "b", "a", "a", "b"], 0.2);
        assert_eq!(smallest, [false, true, false, false, true, false, false, true]);
        assert_eq!(count(&marked(&["a"; 10], 0.2)), 2);
        let halves: Vec<&str> = [["a"; 10], ["b"; 10]].concat();
        assert_eq!(count(&marked(&halves, 0.1)), 2);
    }

    #[test]
    fn rows_are_drawn_but_no_label_loses_its_last_one() {
        let none: Vec<&[usize]> = vec![&[]; 20];
        let drawn = |share| draw(&none, 0, share, 1).into_iter().filter(|held_out| *held_out).count();
        assert_eq!([drawn(0.0), drawn(0.1), drawn(0.33), drawn(0.9)], [0, 2, 7, 18]);
        assert_eq!(draw(&none[..1], 0, 0.9, 1), [false]);
        assert_ne!(draw(&none, 0, 0.5, 1), draw(&none, 0, 0.5, 2));
        let mut rows: Vec<&[usize]> = vec![&[0, 1]; 18];
        rows.extend([&[0, 2][..], &[3][..]]);
        for seed in 0..50 {
            let validation = draw(&rows, 4, 0.9, seed);
            assert_eq!(validation.iter().filter(|held_out| **held_out).count(), 17);
            assert!(!validation[18] && !validation[19]);
        }
    }
}
