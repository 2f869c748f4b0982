//! How fast a device computes, found out by having it compute.

use burn::tensor::Tensor;
use web_time::Instant;

use crate::device::{self, Compute};
use crate::error::Result;
use crate::kernel;

/// A dense layer of a small encoder over some texts: rows, inputs, outputs.
const SHAPE: [usize; 3] = [256, 384, 1536];
/// Seconds that are long enough to be told apart from what it takes to ask a GPU and to hear of it.
const LONG_ENOUGH: f64 = 0.02;
/// Seconds of trying. A browser runs WebAssembly as it first compiled it, several times too slowly, until it has seen what is
/// worth its while: the fastest go counts.
const TRYING: f64 = 0.25;
/// Products that are computed at most in one go.
const MOST: usize = 64;

/// Operations per second of the product in a dense layer, two per weight and row.
///
/// # Errors
///
/// A device that failed.
pub async fn measure(compute: &Compute) -> Result<f64> {
    let [rows, inputs, outputs] = SHAPE;
    let x = Tensor::<2>::ones([rows, inputs], &compute.device);
    let weight = Tensor::<2>::ones([inputs, outputs], &compute.device);
    let bias = Tensor::<1>::zeros([outputs], &compute.device);
    let product = || kernel::linear(x.clone(), weight.clone(), bias.clone());
    // The first one prepares what the others use, on a GPU a compiled shader.
    device::read(product().slice([0..1, 0..1])).await?;
    let (trying, mut fastest, mut count) = (Instant::now(), 0.0_f64, 1);
    loop {
        let began = Instant::now();
        for _ in 1..count {
            product();
        }
        device::read(product().slice([0..1, 0..1])).await?;
        let seconds = began.elapsed().as_secs_f64();
        let operations = 2.0 * (rows * inputs * outputs * count) as f64;
        fastest = fastest.max(operations / seconds.max(1e-6));
        if trying.elapsed().as_secs_f64() >= TRYING {
            return Ok(fastest);
        }
        if seconds < LONG_ENOUGH {
            count = (count * 4).min(MOST);
        }
    }
}

/// A span of time as one says it: "about 40 seconds".
pub fn about(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s < 9.5 => return "some seconds".to_owned(),
        s if s < 85.0 => ((s / 10.0).round() * 10.0, "second"),
        s if s < 85.0 * 60.0 => ((s / 60.0).round(), "minute"),
        s => ((s / 3600.0).round(), "hour"),
    };
    let plural = if number == 1.0 { "" } else { "s" };
    format!("about {number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceKind;

    #[test]
    fn a_device_computes_at_some_speed() {
        let speed = futures_lite::future::block_on(async {
            let compute = Compute::open(DeviceKind::Cpu).await?;
            measure(&compute).await
        });
        let speed = speed.expect("a speed");
        assert!(speed.is_finite() && speed > 1e6, "{speed}");
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        let said = [3.0, 12.0, 40.0, 84.0, 90.0, 150.0, 5000.0, 5400.0, 80_000.0].map(about);
        let right = [
            "some seconds",
            "about 10 seconds",
            "about 40 seconds",
            "about 80 seconds",
            "about 2 minutes",
            "about 3 minutes",
            "about 83 minutes",
            "about 2 hours",
            "about 22 hours",
        ];
        assert_eq!(said, right.map(str::to_owned));
    }
}
