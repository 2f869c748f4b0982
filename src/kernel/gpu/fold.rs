//! Sums that were computed in parts, added up into pairs of gradients: dW and db, or dγ and dβ.

use burn_wgpu::CubeTensor;

use super::destination::Destination;
use super::shader::{PIECE, READ, Shader, fill, groups, run};

const THREADS: u32 = 64;

/// Adds up `parts` arrays that lie one after the other, for each of P pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Fold {
    /// P
    pairs: usize,
    /// Whether both of a pair's sizes are multiples of four.
    by_fours: bool,
}

impl Shader for Fold {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let element = if self.by_fours { "vec4f" } else { "f32" };
        let mut arrays = String::new();
        let mut writes = String::new();
        for pair in 0..self.pairs {
            for (which, name) in ["first", "second"].into_iter().enumerate() {
                let number = 2 * pair + which;
                arrays += &format!(
                    "@group(0) @binding({}) var<storage, read_write> {name}_{pair}: array<{element}>;\n",
                    number + 1
                );
                let (begins, limit) = if which == 0 { ("0u", "p.split") } else { ("p.split", "p.size") };
                writes += &format!(
                    "if (group.z == {pair}u && at >= {begins} && at < {limit}) {{
                        let to = at - {begins};
                        if ((p.adds & {}u) != 0u) {{ sum += {name}_{pair}[to]; }}
                        {name}_{pair}[to] = sum;
                    }}\n",
                    1 << number
                );
            }
        }
        let values = [
            ("arrays", arrays),
            ("uniform", (2 * self.pairs + 1).to_string()),
            ("element", element.to_owned()),
            ("writes", writes),
            ("threads", THREADS.to_string()),
            ("read", READ.to_owned()),
        ];
        PIECE.to_owned() + &fill(TEXT, &values)
    }
}

const TEXT: &str = "
@group(0) @binding(0) var<storage, $read> partial: array<$element>;
$arrays
struct Sizes { parts: u32, size: u32, split: u32, adds: u32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    if (at >= p.size) { return; }
    let begin = group.z * p.parts * p.size + at;
    var sum = partial[begin];
    for (var part = 1u; part < p.parts; part += 1u) {
        sum += partial[begin + part * p.size];
    }
    $writes
}
";

/// `partial` `[P, parts, S]` → each pair's two arrays, the first of `split` values and the second of the rest of S.
pub fn fold(partial: &CubeTensor, parts: usize, [split, size]: [usize; 2], pairs: &[[Destination; 2]]) {
    let by_fours = split.is_multiple_of(4) && size.is_multiple_of(4);
    let lanes = if by_fours { 4 } else { 1 };
    let adds = pairs.iter().flatten().enumerate().fold(0, |bits, (at, place)| bits | usize::from(place.adds) << at);
    let outputs = pairs.iter().flatten().map(|place| &place.array);
    let arrays: Vec<&CubeTensor> = [partial].into_iter().chain(outputs).collect();
    let [x, y, _] = groups(size / lanes, THREADS);
    let numbers = [parts, size / lanes, split / lanes, adds].map(|number| number as u32);
    run(Fold { pairs: pairs.len(), by_fours }, [x, y, pairs.len() as u32], &arrays, &numbers);
}
