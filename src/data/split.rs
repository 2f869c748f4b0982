//! The seeded split: which rows are held out for validation, by class where rows have one.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::target::{Example, Target};
use crate::task::Task;

/// Marks the rows to hold out, by class for a classification; at least one row is kept for training.
pub(super) fn hold_out(task: Task, examples: &[Example], labels: usize, share: f64, seed: u64) -> Vec<bool> {
    if task == Task::Classification {
        let classes: Vec<usize> = examples.iter().filter_map(|example| example.target.class()).collect();
        return stratify(&classes, labels, share, seed);
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
