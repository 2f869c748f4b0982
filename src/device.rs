//! All platform matters: which device runs, how it is set up, and how values come back from it.

use std::borrow::Cow;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The two kinds of device that the engine runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// WebGPU in a browser; Vulkan, Metal or DirectX 12 natively.
    Gpu,
    /// The processor, through burn's flex backend.
    Cpu,
}

/// What runs, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// GPU or CPU.
    pub kind: DeviceKind,
    /// The adapter as the driver or browser names it, or the processor.
    pub name: String,
    /// Whether a GPU adapter is emulated on the processor.
    pub software: bool,
    /// What it runs on and what speed to expect.
    pub sentence: String,
}

/// A device that is ready to compute.
#[derive(Debug, Clone)]
pub struct Compute {
    /// burn's handle, without autodiff.
    pub device: Device,
    /// What it is.
    pub info: DeviceInfo,
    /// The longest array that it takes, in bytes, where there is a limit.
    pub longest_array: Option<u64>,
    /// Whether its kernels have 16-bit numbers.
    pub halves: bool,
}

impl Compute {
    /// Sets a device up. Nothing may compute before this has returned, since in a browser nothing can block.
    ///
    /// # Errors
    ///
    /// No GPU adapter, or a build without GPU support.
    pub async fn open(kind: DeviceKind) -> Result<Self> {
        match kind {
            DeviceKind::Cpu => {
                Ok(Self { device: Device::flex(), info: cpu_info(), longest_array: None, halves: false })
            }
            DeviceKind::Gpu => gpu::open().await,
        }
    }

    /// Bytes of its own memory that a GPU holds for arrays, those that are free to be used again among them; `None` for
    /// the processor.
    pub fn held_bytes(&self) -> Option<u64> {
        (!self.is_cpu()).then(|| self.device.memory_pool_usage().map(|usage| usage.bytes_reserved)).flatten()
    }

    /// Whether the processor computes.
    pub fn is_cpu(&self) -> bool {
        self.info.kind == DeviceKind::Cpu
    }
}

/// Reads a tensor's values, row-major.
///
/// # Errors
///
/// A device that failed, as a GPU does when it is lost or out of memory.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.into_data_async().await.map_err(|error| failed(&error))?;
    data.try_into_vec::<f32>().map_err(|error| failed(&error))
}

/// Values where they are: in host memory, or on a device, row-major.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Some hundreds at a time: a box each would cost more than the space.
pub enum Held<'a> {
    /// In host memory.
    Host(Cow<'a, [f32]>),
    /// On the device.
    Device(Tensor<1>),
}

impl Held<'_> {
    /// How many there are.
    pub fn size(&self) -> usize {
        match self {
            Self::Host(values) => values.len(),
            Self::Device(values) => values.shape().num_elements(),
        }
    }
}

/// Reads a tensor that lives on the CPU, where no waiting is needed. A tensor that nobody else holds is not copied.
///
/// # Errors
///
/// A device that failed.
pub fn read_on_cpu<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.try_into_data().map_err(|error| failed(&error))?;
    data.try_into_vec::<f32>().map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Debug) -> Error {
    let cause: String = format!("{error:?}").chars().take(300).collect();
    Error::device(format!("The device stopped working ({cause}). Try a smaller batch, or the CPU."))
}

fn cpu_info() -> DeviceInfo {
    let threads = crate::kernel::threads::count();
    let count = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    let (name, sentence) = if cfg!(target_family = "wasm") {
        (format!("CPU (WebAssembly, {count})"), format!("Runs on the processor, in WebAssembly on {count}."))
    } else {
        (format!("CPU ({count})"), "Runs on the processor.".to_owned())
    };
    DeviceInfo { kind: DeviceKind::Cpu, name, software: false, sentence }
}

#[cfg(feature = "gpu")]
mod gpu {
    //! burn-wgpu's runtime, set up once per process: it cannot be configured a second time.

    use std::cell::RefCell;

    use burn::tensor::Device;
    use burn_wgpu::wgpu::Features;
    use burn_wgpu::{MemoryConfiguration, WgpuSetup};

    use super::{Compute, DeviceInfo, DeviceKind};
    use crate::error::{Error, Result};

    thread_local! {
        static OPEN: RefCell<Option<Compute>> = const { RefCell::new(None) };
    }

    pub(super) async fn open() -> Result<Compute> {
        if let Some(compute) = OPEN.with_borrow(Clone::clone) {
            return Ok(compute);
        }
        subgroups::ask();
        // A buffer for each tensor, as in browsers: where tensors share one, WebGPU wants it declared as written wherever it
        // is used, and products then take a tenth longer.
        let options = Device::wgpu_options().memory_config(MemoryConfiguration::ExclusivePages);
        let (device, setup) = options.init_with_setup_async().await.map_err(|error| {
            Error::device(format!("No GPU could be set up ({error}). Use the CPU, or update the browser or driver."))
        })?;
        let limits = setup.device.limits();
        let longest_array = Some(limits.max_storage_buffer_binding_size.min(limits.max_buffer_size));
        let info = describe(&setup);
        let halves = setup.device.features().contains(Features::SHADER_F16);
        let compute = Compute { device, info, longest_array, halves };
        crate::kernel::set_software(compute.info.software);
        crate::kernel::set_quads(subgroups::granted(&setup));
        OPEN.set(Some(compute.clone()));
        Ok(compute)
    }

    #[cfg(not(target_family = "wasm"))]
    mod subgroups {
        //! wgpu asks for all that an adapter has.

        use burn_wgpu::{WgpuSetup, wgpu::Features};

        pub fn ask() {}

        pub fn granted(setup: &WgpuSetup) -> bool {
            setup.device.features().contains(Features::SUBGROUP)
        }
    }

    #[cfg(target_family = "wasm")]
    mod subgroups {
        //! In a browser wgpu does not know of them.

        use burn_wgpu::WgpuSetup;
        use wasm_bindgen::prelude::wasm_bindgen;

        #[wasm_bindgen(module = "/www/subgroups.js")]
        extern "C" {
            #[wasm_bindgen(js_name = askForSubgroups)]
            pub fn ask();
            #[wasm_bindgen(js_name = hasSubgroups)]
            fn has() -> bool;
        }

        pub fn granted(_setup: &WgpuSetup) -> bool {
            has()
        }
    }

    fn describe(setup: &WgpuSetup) -> DeviceInfo {
        let info = setup.adapter.get_info();
        // Browsers name an adapter to the page, not always to wgpu.
        let named = [info.name.as_str(), info.driver.as_str()].into_iter().find(|name| !name.is_empty());
        let quoted = named.map_or_else(String::new, |name| format!(" \u{201c}{name}\u{201d}"));
        let software = is_software(&format!("{} {} {}", info.name, info.driver, info.driver_info))
            || info.device_type == burn_wgpu::wgpu::DeviceType::Cpu;
        let sentence = if software {
            format!("Runs on a GPU{quoted} that is emulated on the processor: many times slower than the CPU setting.")
        } else {
            format!("Runs on the GPU{quoted}.")
        };
        let name = named.unwrap_or("WebGPU adapter").to_owned();
        DeviceInfo { kind: DeviceKind::Gpu, name, software, sentence }
    }

    /// Names under which emulated adapters are known.
    fn is_software(description: &str) -> bool {
        let description = description.to_lowercase();
        ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "basic render", "software"]
            .iter()
            .any(|name| description.contains(name))
    }
}

#[cfg(not(feature = "gpu"))]
mod gpu {
    //! Stands in when the crate is built for the CPU alone.

    use super::Compute;
    use crate::error::{Error, Result};

    pub(super) async fn open() -> Result<Compute> {
        Err(Error::device("This build has no GPU support. Use the CPU, or build with the feature \u{201c}gpu\u{201d}."))
    }
}
