//! What a model is known again by: a hash of all that a run takes from it.

use burn::module::Module;
use burn::tensor::Tensor;
use sha2::{Digest, Sha256};

use crate::checkpoint::load::Loaded;
use crate::checkpoint::save::{Collect, Parameter};
use crate::checkpoint::state::write::AT_ONCE;
use crate::device;
use crate::error::Result;
use crate::model::EncoderConfig;

/// SHA-256, in hexadecimal digits, of a model's configuration, its tokenizer, and its weights as numbers of single
/// precision: the same whatever the files that they came in are called, and on every device.
///
/// # Errors
///
/// A device that fails while it is read.
pub async fn identity(loaded: &Loaded, config: &EncoderConfig, tokenizer: &[u8]) -> Result<String> {
    let mut sha = Sha256::new_with_prefix("tabtune model 1\n");
    part(&mut sha, config.source.to_string().as_bytes());
    part(&mut sha, tokenizer);
    let mut collect = Collect::default();
    loaded.model.visit(&mut collect);
    let (mut together, mut bytes) = (Vec::new(), 0);
    for Parameter { path, shape, flat } in collect.parameters {
        part(&mut sha, path.as_bytes());
        part(&mut sha, format!("{shape:?}").as_bytes());
        bytes += flat.shape().num_elements() * size_of::<f32>();
        together.push(flat);
        if bytes >= AT_ONCE {
            values(&mut sha, std::mem::take(&mut together)).await?;
            bytes = 0;
        }
    }
    values(&mut sha, together).await?;
    // What the files hold for heads of other tasks.
    let mut heads: Vec<_> = loaded.heads.iter().collect();
    heads.sort_unstable_by_key(|(name, _)| *name);
    for (name, (shape, values)) in heads {
        part(&mut sha, name.as_bytes());
        part(&mut sha, format!("{shape:?}").as_bytes());
        part(&mut sha, bytemuck::cast_slice(values));
    }
    Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Adds the values of several tensors, which are read in one piece.
async fn values(sha: &mut Sha256, mut tensors: Vec<Tensor<1>>) -> Result<()> {
    let one = match tensors.len() {
        0 => return Ok(()),
        1 => tensors.swap_remove(0),
        _ => Tensor::cat(tensors, 0),
    };
    sha.update(bytemuck::cast_slice(&device::read(one).await?));
    Ok(())
}

/// A part with its length, so that no two lists of parts give the same bytes.
fn part(sha: &mut Sha256, bytes: &[u8]) {
    sha.update((bytes.len() as u64).to_le_bytes());
    sha.update(bytes);
}
