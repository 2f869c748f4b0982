//! Compute shaders: WGSL that a kernel's constants complete, compiled once for each set of constants.

use std::fmt::Debug;
use std::hash::Hash;

use burn::tensor::{DType, Shape};
use burn_wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use cubecl::prelude::{CubeCount, ExecutionMode, KernelId};
use cubecl::server::{KernelArguments, MetadataBindingInfo};

/// How WGSL declares an array that a shader only reads. It makes products faster by a tenth and more, and needs arrays that
/// share no buffer with those that the shader writes: see [`crate::Compute::open`].
pub const READ: &str = "read";

/// Workgroups that a dispatch may have along one dimension, on every adapter.
const MOST_GROUPS: u32 = 65_535;

/// A compute shader with the function `main`. Its text is asked for when it is compiled, for the first of all equal ones.
pub trait Shader: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// Invocations of a workgroup, as the text has them.
    fn threads(&self) -> u32;
    /// WGSL. Arrays come first, in the order of [`run`]'s, then a uniform with [`run`]'s numbers.
    fn text(&self) -> String;
}

/// Runs a shader: over so many workgroups, with arrays at bindings 0, 1, … and numbers in a uniform after them.
pub fn run<S: Shader>(shader: S, groups: [u32; 3], arrays: &[&CubeTensor], numbers: &[u32]) {
    if groups.contains(&0) {
        return;
    }
    assert!(groups.iter().all(|&size| size <= MOST_GROUPS), "{groups:?} workgroups of {shader:?}");
    let client = &arrays[0].client;
    let buffers = arrays.iter().map(|array| array.handle.clone().binding()).collect();
    let info = MetadataBindingInfo::custom(uniform(numbers));
    let threads = shader.threads();
    client.launch(
        Box::new(SourceKernel::new(Source(shader), CubeDim::new_1d(threads))),
        CubeCount::Static(groups[0], groups[1], groups[2]),
        KernelArguments::new().with_buffers(buffers).with_info(info),
    );
}

/// Numbers as a uniform holds them, filled up to whole vectors of four.
fn uniform(numbers: &[u32]) -> Vec<u64> {
    let mut words = numbers.to_vec();
    words.resize(numbers.len().next_multiple_of(4), 0);
    words.as_chunks().0.iter().map(|&[low, high]| u64::from(low) | u64::from(high) << 32).collect()
}

/// Workgroups of so many threads for so many independent pieces of work, in rows of at most [`MOST_GROUPS`]. A shader
/// finds its piece by [`PIECE`].
pub fn groups(pieces: usize, threads: u32) -> [u32; 3] {
    let groups = u32::try_from(pieces.div_ceil(threads as usize)).unwrap_or_else(|_| panic!("{pieces} pieces of work"));
    let rows = groups.div_ceil(MOST_GROUPS);
    if rows == 0 { [0, 1, 1] } else { [groups.div_ceil(rows), rows, 1] }
}

/// WGSL: the number of this invocation among those of [`groups`].
pub const PIECE: &str = "\
fn piece(group: vec3u, groups: vec3u, thread: u32, threads: u32) -> u32 {
    return (group.y * groups.x + group.x) * threads + thread;
}
";

/// Replaces `$name` by a value for each pair; longer names come first where one begins another.
pub fn fill(text: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
}

/// Room for a result on the device of another array.
pub fn room(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    let shape = shape.into();
    let handle = like.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, DType::F32)
}

struct Source<S>(S);

impl<S: Shader> KernelSource for Source<S> {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.0.text())
    }

    fn id(&self) -> KernelId {
        // Unchecked: the shaders here check their own bounds, and counting the turns of every loop costs time.
        KernelId::new::<Self>().info(self.0.clone()).mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_work_has_an_invocation() {
        for pieces in [0, 1, 64, 65, 4_194_240, 4_194_241, 110_000_000] {
            let [x, y, z] = groups(pieces, 64);
            assert!(x <= MOST_GROUPS && y <= MOST_GROUPS && z == 1, "{pieces}");
            let invocations = x as usize * y as usize * 64;
            assert!(invocations >= pieces && invocations < pieces + 64 * (y as usize + 1), "{pieces}: {invocations}");
        }
    }

    #[test]
    fn numbers_fill_whole_vectors() {
        assert_eq!(uniform(&[1, 2, 3]), [1 | 2 << 32, 3]);
        assert!(uniform(&[]).is_empty());
    }
}
