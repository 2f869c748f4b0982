//! Sums of rows of tables, one of each for every token, and their gradients. Letters: N tokens, P tables, E values in a row.
//!
//! A gradient is summed up in two passes, so that a row that thousands of tokens share does not keep one invocation busy
//! while the others wait: first runs of at most [`RUN`] tokens of the same row, then the runs of each row.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_wgpu::{CubeTensor, into_contiguous};

use super::destination::{Destination, destination};
use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::lookup::{ByRow, Lookup, Places};

const THREADS: u32 = 64;
/// Tokens that one invocation sums up.
const RUN: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pass {
    /// Rows of so many tables → sums.
    Forward { tables: usize },
    /// dsums → sums of runs.
    Runs,
    /// Sums of runs → a table's gradient.
    Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Embed {
    pass: Pass,
    /// Values that are read at a time: four where E is a multiple.
    lanes: usize,
}

impl Shader for Embed {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let (tables, body) = match self.pass {
            Pass::Forward { tables } => (tables, FORWARD),
            Pass::Runs => (1, RUNS),
            Pass::Rows => (1, ROWS),
        };
        let mut declared = String::new();
        for table in 0..tables {
            declared += &format!("@group(0) @binding({table}) var<storage, {READ}> from_{table}: array<V>;\n");
        }
        let row = |table: usize| format!("from_{table}[plan[token + {table}u * p.pieces] * p.width + column]");
        let values = [
            ("element", (if self.lanes == 4 { "vec4f" } else { "f32" }).to_owned()),
            ("declared", declared),
            ("plan", tables.to_string()),
            ("result", (tables + 1).to_string()),
            ("uniform", (tables + 2).to_string()),
            ("rows", (0..tables).map(row).collect::<Vec<_>>().join(" + ")),
            ("read", READ.to_owned()),
            ("threads", THREADS.to_string()),
        ];
        [PIECE, &fill(&[HEAD, body].concat(), &values)].concat()
    }
}

const HEAD: &str = "
alias V = $element;
$declared
@group(0) @binding($plan) var<storage, $read> plan: array<u32>;
@group(0) @binding($result) var<storage, read_write> to: array<V>;
// Rows to be written, values of V in each; where in the plan the runs begin, or the rows' runs; whether to add.
struct Sizes { pieces: u32, width: u32, begins: u32, add: u32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;
";

const FORWARD: &str = "
@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    let token = at / p.width;
    let column = at % p.width;
    if (token < p.pieces) { to[at] = $rows; }
}
";

const RUNS: &str = "
@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    let number = at / p.width;
    let column = at % p.width;
    if (number >= p.pieces) { return; }
    var sum = V();
    let end = plan[p.begins + number + 1u];
    for (var i = plan[p.begins + number]; i < end; i += 1u) { sum += from_0[plan[i] * p.width + column]; }
    to[at] = sum;
}
";

const ROWS: &str = "
@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    let row = at / p.width;
    let column = at % p.width;
    if (row >= p.pieces) { return; }
    var sum = V();
    let end = plan[p.begins + row + 1u];
    for (var i = plan[p.begins + row]; i < end; i += 1u) { sum += from_0[i * p.width + column]; }
    if (p.add != 0u) { sum += to[at]; }
    to[at] = sum;
}
";

/// Unsigned numbers on the device of an array.
pub fn upload(like: &CubeTensor, numbers: &[u32]) -> CubeTensor {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let handle = like.client.create_from_slice(&bytes);
    let shape = Shape::new([numbers.len()]);
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, DType::U32)
}

/// E, and how many values are read at a time.
fn widths(table: &CubeTensor) -> (usize, usize) {
    let [_, width] = table.shape().dims();
    (width, if width.is_multiple_of(4) { 4 } else { 1 })
}

/// Rows of P tables, `[_, E]` each → their sums `[N, E]`.
pub fn forward(tables: &[CubeTensor], lookup: &Lookup) -> CubeTensor {
    let tables: Vec<CubeTensor> = tables.iter().cloned().map(into_contiguous).collect();
    let (width, lanes) = widths(&tables[0]);
    let sums = room(&tables[0], [lookup.tokens(), width]);
    let places: Vec<u32> =
        lookup.tables().iter().flat_map(|places| places.rows.iter().map(|&row| row as u32)).collect();
    let plan = upload(&sums, &places);
    let arrays: Vec<&CubeTensor> = tables.iter().chain([&plan, &sums]).collect();
    let (tokens, wide) = (lookup.tokens(), width / lanes);
    let shader = Embed { pass: Pass::Forward { tables: tables.len() }, lanes };
    run(shader, groups(tokens * wide, THREADS), &arrays, &[tokens as u32, wide as u32, 0, 0]);
    sums
}

/// The tokens of all rows of all tables, cut into runs.
#[derive(Default)]
struct Plan {
    /// Tokens, run after run.
    order: Vec<u32>,
    /// Where each run begins in `order`, and where the last one ends.
    runs: Vec<u32>,
    /// Per table: where each row's runs begin, and where the last ones end.
    rows: Vec<Vec<u32>>,
}

impl Plan {
    fn new<'a>(tables: impl Iterator<Item = &'a Places>) -> Self {
        let mut plan = Self { runs: vec![0], ..Self::default() };
        for places in tables {
            let ByRow { order, starts } = places.by_row();
            let from = plan.order.len() as u32;
            let mut rows = vec![plan.runs.len() as u32 - 1];
            for pair in starts.windows(2) {
                let cuts =
                    (pair[0]..pair[1]).step_by(RUN as usize).skip(1).chain((pair[0] < pair[1]).then_some(pair[1]));
                plan.runs.extend(cuts.map(|cut| from + cut));
                rows.push(plan.runs.len() as u32 - 1);
            }
            plan.order.extend(order);
            plan.rows.push(rows);
        }
        plan
    }
}

/// dL/dsums `[N, E]` → the gradients of those tables that learn, where the optimiser wants them or as tensors.
pub fn gradients(
    tables: &[CubeTensor],
    gradient: CubeTensor,
    lookup: &Lookup,
    learn: &[bool],
) -> Vec<Option<Destination>> {
    let gradient = into_contiguous(gradient);
    let (width, lanes) = widths(&tables[0]);
    let wide = width / lanes;
    let learning = lookup.tables().iter().zip(learn).filter(|(_, learns)| **learns).map(|(places, _)| places);
    let Plan { order, runs, rows } = Plan::new(learning);
    // All of it in one array, since each upload has a cost of its own.
    let mut numbers = [order.as_slice(), &runs].concat();
    let mut begins = Vec::new();
    for rows in &rows {
        begins.push(numbers.len());
        numbers.extend(rows);
    }
    let plan = upload(&gradient, &numbers);
    let count = runs.len() - 1;
    let sums = room(&gradient, [count.max(1), width]);
    let sizes = |pieces: usize, begins: usize, add: bool| [pieces, wide, begins, usize::from(add)].map(|n| n as u32);
    let pass = |pass| Embed { pass, lanes };
    let pieces = groups(count * wide, THREADS);
    run(pass(Pass::Runs), pieces, &[&gradient, &plan, &sums], &sizes(count, order.len(), false));
    let mut begins = begins.into_iter().zip(rows);
    let table_gradient = |(table, learns): (&CubeTensor, &bool)| {
        let (begins, rows) = learns.then(|| begins.next()).flatten()?;
        let place = destination(table);
        let pieces = groups((rows.len() - 1) * wide, THREADS);
        let sizes = sizes(rows.len() - 1, begins, place.adds);
        run(pass(Pass::Rows), pieces, &[&sums, &plan, &place.array], &sizes);
        Some(place)
    };
    tables.iter().zip(learn).map(table_gradient).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_in_one_run_and_every_row_has_its_runs() {
        let rows: Vec<i32> = (0..100).map(|token| if token < 70 { 1 } else { 3 }).collect();
        let places = Places { rows, count: 5, constant: Vec::new() };
        let plan = Plan::new([&places, &places].into_iter());
        assert_eq!(plan.order.len(), 200);
        assert_eq!(plan.runs, [0, 32, 64, 70, 100, 132, 164, 170, 200]);
        assert_eq!(plan.rows, [[0, 0, 3, 3, 4, 4], [4, 4, 7, 7, 8, 8]]);
    }
}
