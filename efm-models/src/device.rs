//! Device names: what `--device` accepts.

use burn::tensor::Device;
use efm_core::Capacitor;
use efm_field::{Field, Law};

use crate::ModelError;

/// A backend of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// The name `--device` takes.
    pub name: &'static str,
    /// What it is, in words.
    pub description: &'static str,
}

/// The backends compiled into this build, the default first.
pub fn available() -> Vec<Backend> {
    let mut backends = Vec::new();
    if cfg!(feature = "flex") {
        backends.push(Backend { name: "cpu", description: "this machine's cores (burn-flex); also called `flex`" });
    }
    if cfg!(feature = "cuda") {
        backends.push(Backend { name: "cuda", description: "an NVIDIA GPU (burn-cuda); `cuda:1` is the second one" });
    }
    if cfg!(feature = "wgpu") {
        backends.push(Backend { name: "wgpu", description: "a GPU through WebGPU, Vulkan or Metal (burn-wgpu)" });
    }
    backends
}

/// The device called `name`: `cpu` (or `flex`), `cuda`, `cuda:N`, `wgpu`. Names are parsed here because burn's own default
/// reads the environment and panics on names it does not know.
///
/// # Errors
/// [`ModelError::UnknownDevice`] lists what is compiled in.
pub fn parse(name: &str) -> Result<Device, ModelError> {
    let unknown = || {
        let names: Vec<_> = available().iter().map(|backend| backend.name).collect();
        ModelError::UnknownDevice { name: name.to_owned(), available: names.join(", ") }
    };
    let (backend, index) = match name.split_once(':') {
        Some((backend, index)) => (backend, Some(index.parse::<usize>().map_err(|_| unknown())?)),
        None => (name, None),
    };
    match (backend, index) {
        #[cfg(feature = "flex")]
        ("cpu" | "flex", None) => Ok(Device::flex()),
        #[cfg(feature = "cuda")]
        ("cuda", index) => usable(name, || Device::cuda(index.unwrap_or(0))),
        #[cfg(feature = "wgpu")]
        ("wgpu", None) => usable(name, || Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        _ => Err(unknown()),
    }
}

/// Whether a device computes on this machine's cores: many small graphs side by side suit it better than one large one.
pub fn is_host(device: &Device) -> bool {
    #[cfg(feature = "flex")]
    if *device == Device::flex() {
        return true;
    }
    let _ = device;
    false
}

/// The exact field of `capacitor` under `law` summed on `device`; `None` on the host, in a build without devices, and where
/// the device has no kernel for it. [`efm_field::ExactField`] sums all of these.
pub fn field(capacitor: &Capacitor, law: Law, device: &Device) -> Option<Box<dyn Field>> {
    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    if !is_host(&device.clone().inner()) {
        return Some(Box::new(crate::DeviceField::new(capacitor.clone(), law, device)?));
    }
    let _ = (capacitor, law, device);
    None
}

/// Opens a device and reads one number back: drivers that are missing show up only then, as a panic inside burn.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn usable(name: &str, open: impl FnOnce() -> Device + std::panic::UnwindSafe) -> Result<Device, ModelError> {
    use burn::tensor::Tensor;
    let failed = |message: String| ModelError::DeviceUnusable { name: name.to_owned(), message };
    std::panic::catch_unwind(|| {
        let device = open();
        Tensor::<1>::from_floats([1.0], &device).try_into_data().map(|_| device).map_err(|error| error.to_string())
    })
    .map_err(|panic| failed(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "no driver".to_owned())))?
    .map_err(failed)
}
