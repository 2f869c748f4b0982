//! Late rows of a table in host memory.

use super::{LateRow, Progress};
use crate::kernel::adamw::{Factors, Update, fade, one_run};
use crate::kernel::host::threads::{self, Shared};
use crate::kernel::host::wide::wide;

/// Rows that one thread takes at a time. How many steps each is behind differs.
const RUN: usize = 16;

/// The gradient of some rows of a table.
#[derive(Debug, Clone, Copy)]
pub struct RowGradient<'a> {
    /// Which rows, ascending.
    pub ids: &'a [usize],
    /// Their values, one row after the other.
    pub values: &'a [f32],
}

/// A table `[V, E]` and both of its moments, row after row.
pub type TableArrays<'a> = [&'a mut [f32]; 3];

impl Progress {
    /// Does all steps that these rows, or all, have before them.
    ///
    /// # Panics
    ///
    /// If the arrays are not of this table, or a row is not in it.
    pub fn catch_up(&mut self, rows: Option<&[usize]>, table: TableArrays) {
        let (late, all) = (self.take_late(rows), rows.is_none());
        let rows = Rows::new(self.touched.len(), table);
        let zeros = vec![0.0; rows.width];
        threads::ranges(late.len(), RUN, |_, range| {
            for &LateRow { row, done, touched } in &late[range] {
                // SAFETY: a row is late once, as `take_late` notes, and `ranges` gives every place once.
                let arrays = unsafe { rows.at(row) };
                go_on(&self.steps[done..], touched, &zeros, arrays);
            }
        });
        if all {
            self.forget();
        }
    }

    /// One more step. Rows with a gradient, which `scale` multiplies, do it now, after all before it.
    ///
    /// # Panics
    ///
    /// If the arrays are not of this table, or the gradient is not of its rows.
    pub fn step(&mut self, update: &Update, gradient: RowGradient, scale: f32, table: TableArrays) {
        let [parameter, first, second] = table;
        self.catch_up(Some(gradient.ids), [&mut *parameter, &mut *first, &mut *second]);
        let factors = update.factors();
        self.note(factors, gradient.ids);
        let rows = Rows::new(self.touched.len(), [parameter, first, second]);
        assert_eq!(gradient.values.len(), gradient.ids.len() * rows.width, "a gradient for every value of a row");
        assert!(gradient.ids.is_sorted_by(|a, b| a < b), "every row once");
        threads::ranges(gradient.ids.len(), RUN, |_, range| {
            for place in range {
                // SAFETY: every row is there once, and `ranges` gives every place once.
                let arrays = unsafe { rows.at(gradient.ids[place]) };
                one_run(&factors, &gradient.values[place * rows.width..][..rows.width], scale, arrays);
            }
        });
    }
}

/// A table's arrays, to be written by rows.
struct Rows<'a> {
    arrays: [Shared<'a>; 3],
    width: usize,
}

impl<'a> Rows<'a> {
    fn new(rows: usize, table: TableArrays<'a>) -> Self {
        let size = table[0].len();
        let width = size / rows.max(1);
        assert!(width * rows == size && table.iter().all(|array| array.len() == size), "{rows} rows of {width} values");
        Self { arrays: table.map(Shared::new), width }
    }

    /// The parameter's row and those of its moments.
    ///
    /// # Safety
    ///
    /// Nobody else holds this row.
    unsafe fn at(&self, row: usize) -> [&'a mut [f32]; 3] {
        // SAFETY: by the caller's promise.
        self.arrays.each_ref().map(|array| unsafe { array.part(row * self.width..(row + 1) * self.width) })
    }
}

/// A row's steps without a gradient: `zeros` is as long as the row.
fn go_on(steps: &[Factors], touched: bool, zeros: &[f32], [parameter, first, second]: [&mut [f32]; 3]) {
    let mut moves = touched;
    for factors in steps {
        moves = moves && first.iter().any(|&moment| moment != 0.0);
        if moves {
            one_run(factors, zeros, 1.0, [&mut *parameter, &mut *first, &mut *second]);
            continue;
        }
        // What is left of a step where the first moment is zero.
        if factors.keep != 1.0 {
            multiply(parameter, factors.keep);
        }
        if touched {
            fade(factors, second);
        }
    }
}

wide! {
    fn multiply(values: &mut [f32], factor: f32) {
        for value in values {
            *value *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEIGHT: usize = 50;
    const WIDTH: usize = 24;

    /// A table with its moments, both zero.
    struct Table([Vec<f32>; 3]);

    impl Table {
        fn new() -> Self {
            let parameter = (0..HEIGHT * WIDTH).map(|place| (place as f32).sin()).collect();
            Self([parameter, vec![0.0; HEIGHT * WIDTH], vec![0.0; HEIGHT * WIDTH]])
        }

        fn arrays(&mut self) -> TableArrays<'_> {
            self.0.each_mut().map(Vec::as_mut_slice)
        }

        fn row(&self, row: usize) -> [&[f32]; 3] {
            self.0.each_ref().map(|array| &array[row * WIDTH..(row + 1) * WIDTH])
        }
    }

    fn update(weight_decay: f64, step: usize) -> Update {
        Update { learning_rate: 0.01, weight_decay, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 + step as i32 }
    }

    /// Some gradient for some rows.
    fn values(ids: &[usize], step: usize) -> Vec<f32> {
        (0..ids.len() * WIDTH).map(|place| (place as f32 + step as f32).cos()).collect()
    }

    /// A step of the whole table at once, with zeros where there is no gradient.
    fn whole_step(table: &mut Table, ids: &[usize], step: usize, weight_decay: f64) {
        let mut dense = vec![0.0; HEIGHT * WIDTH];
        for (row, values) in ids.iter().zip(values(ids, step).chunks(WIDTH)) {
            dense[row * WIDTH..(row + 1) * WIDTH].copy_from_slice(values);
        }
        let [parameter, first, second] = table.arrays();
        update(weight_decay, step).apply_on_host(parameter, &dense, 0.5, first, second);
    }

    fn late_step(rows: &mut Progress, table: &mut Table, ids: &[usize], step: usize, weight_decay: f64) {
        let gradient = RowGradient { ids, values: &values(ids, step) };
        rows.step(&update(weight_decay, step), gradient, 0.5, table.arrays());
    }

    #[test]
    fn late_rows_are_those_of_steps_of_the_whole_table_to_the_bit() {
        for weight_decay in [0.0, 0.1] {
            let (mut whole, mut late) = (Table::new(), Table::new());
            let mut rows = Progress::new(vec![false; HEIGHT]);
            for (step, ids) in [vec![3, 7], vec![], vec![7, 49], vec![0], vec![3]].into_iter().enumerate() {
                rows.catch_up(Some(&[ids.as_slice(), &ids].concat()), late.arrays());
                assert!(ids.iter().all(|&id| late.row(id) == whole.row(id)), "before step {step}");
                whole_step(&mut whole, &ids, step, weight_decay);
                late_step(&mut rows, &mut late, &ids, step, weight_decay);
                assert!(ids.iter().all(|&id| late.row(id) == whole.row(id)), "after step {step}");
            }
            assert!(!rows.steps().is_empty() && late.row(7) != whole.row(7), "a row that no step asked for is late");
            rows.catch_up(None, late.arrays());
            assert_eq!(late.0, whole.0);
            assert_eq!(rows.touched(), [0, 3, 7, 49]);
            assert!(rows.steps().is_empty());
        }
    }

    #[test]
    fn moments_that_no_gradient_follows_end_and_are_late_to_the_bit_all_the_same() {
        const STEPS: usize = 800;
        let (mut whole, mut late) = (Table::new(), Table::new());
        let mut rows = Progress::new(vec![false; HEIGHT]);
        for step in 0..STEPS {
            let ids: &[usize] = if step == 0 || step == STEPS - 1 { &[5] } else { &[] };
            whole_step(&mut whole, ids, step, 0.1);
            late_step(&mut rows, &mut late, ids, step, 0.1);
            if step == STEPS - 2 {
                let [_, first, second] = whole.row(5);
                assert!(first.iter().all(|&moment| moment == 0.0), "the first moment is over");
                assert!(second.iter().any(|&moment| moment > 0.0), "the second is not");
            }
        }
        rows.catch_up(None, late.arrays());
        assert_eq!(late.0, whole.0);
    }
}
