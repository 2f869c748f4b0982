//! What is done to each value by itself.

use burn::backend::TensorMetadata;
use burn_wgpu::{CubeTensor, into_contiguous};

use super::shader::{PIECE, READ, Shader, fill, groups, room, run};
use crate::kernel::dropout::Mask;

const THREADS: u32 = 64;

/// An operation on single values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Each {
    /// GELU(x)
    Gelu,
    /// dy times the slope of GELU at x
    GeluSlope,
    /// x times a mask
    Mask,
    /// x
    Copy,
    /// x, added to what is there
    Add,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Map {
    what: Each,
    /// Values that an invocation takes: four where they come out even.
    lanes: usize,
}

impl Shader for Map {
    fn threads(&self) -> u32 {
        THREADS
    }

    fn text(&self) -> String {
        let (element, lanes) = if self.lanes == 4 { ("vec4f", 4) } else { ("f32", 1) };
        let each = |of: &dyn Fn(String, usize) -> String| {
            let values: Vec<String> = (0..lanes)
                .map(|lane| {
                    let value = if lanes == 4 { format!("[{lane}]") } else { String::new() };
                    of(value, lane)
                })
                .collect();
            format!("{element}({})", values.join(", "))
        };
        let (second, functions, value) = match self.what {
            Each::Gelu => ("", include_str!("math.wgsl"), each(&|at, _| format!("gelu(x[at]{at})"))),
            Each::GeluSlope => (
                "@group(0) @binding(1) var<storage, $read> dy: array<$element>;",
                include_str!("math.wgsl"),
                each(&|at, _| format!("dy[at]{at} * gelu_slope(x[at]{at})")),
            ),
            Each::Copy => ("", "", "x[at]".to_owned()),
            Each::Add => ("", "", "y[at] + x[at]".to_owned()),
            Each::Mask => (
                "",
                include_str!("mask.wgsl"),
                each(&|at, lane| format!("x[at]{at} * factor(p.mask, at * {lanes}u + {lane}u)")),
            ),
        };
        let arrays = 1 + usize::from(!second.is_empty());
        let mask = if self.what == Each::Mask { "mask: Mask, " } else { "" };
        let values = [
            ("second", second.to_owned()),
            ("result", arrays.to_string()),
            ("uniform", (arrays + 1).to_string()),
            ("mask", mask.to_owned()),
            ("value", value),
            ("element", element.to_owned()),
            ("read", READ.to_owned()),
            ("threads", THREADS.to_string()),
        ];
        [PIECE, functions, &fill(TEXT, &values)].concat()
    }
}

const TEXT: &str = "
@group(0) @binding(0) var<storage, $read> x: array<$element>;
$second
@group(0) @binding($result) var<storage, read_write> y: array<$element>;
struct Sizes { $mask size: u32 }
@group(0) @binding($uniform) var<uniform> p: Sizes;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) count: vec3u,
        @builtin(local_invocation_index) t: u32) {
    let at = piece(group, count, t, $threads);
    if (at < p.size) { y[at] = $value; }
}
";

fn map(what: Each, inputs: &[&CubeTensor], mask: &[u32]) -> CubeTensor {
    let y = room(inputs[0], inputs[0].shape());
    map_to(what, inputs, &y, mask);
    y
}

fn map_to(what: Each, inputs: &[&CubeTensor], y: &CubeTensor, mask: &[u32]) {
    let size = y.shape().num_elements();
    let lanes = if size.is_multiple_of(4) { 4 } else { 1 };
    let numbers = [mask, &[(size / lanes) as u32]].concat();
    let arrays = [inputs, &[y]].concat();
    run(Map { what, lanes }, groups(size / lanes, THREADS), &arrays, &numbers);
}

/// Writes values into an array of as many, or adds them to what is there.
pub fn put(x: CubeTensor, y: &CubeTensor, adds: bool) {
    assert_eq!(x.shape().num_elements(), y.shape().num_elements(), "as many values");
    map_to(if adds { Each::Add } else { Each::Copy }, &[&into_contiguous(x)], y, &[]);
}

/// `x · Φ(x)`
pub fn gelu(x: CubeTensor) -> CubeTensor {
    map(Each::Gelu, &[&into_contiguous(x)], &[])
}

/// x, dy → dx
pub fn gelu_gradient(x: CubeTensor, gradient: CubeTensor) -> CubeTensor {
    map(Each::GeluSlope, &[&into_contiguous(x), &into_contiguous(gradient)], &[])
}

/// `x · mask`
pub fn masked(x: CubeTensor, mask: Mask) -> CubeTensor {
    if mask.drops() { map(Each::Mask, &[&into_contiguous(x)], &mask.words()) } else { x }
}
