//! Devices by their names.

use burn::tensor::Device;
use efm_core::Capacitor;
use efm_field::{Field, Law};

use crate::DeviceError;

/// A backend of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backend {
    /// The name that [`parse`] takes.
    pub name: &'static str,
    /// What it is, in words.
    pub description: &'static str,
}

/// The backends there can be, the default first, and whether they are compiled into this build. Each is called like its Cargo
/// feature, but for `cpu`, which is `flex`.
const BACKENDS: [(Backend, bool); 4] = [
    (
        Backend { name: "cpu", description: "this machine's cores (burn-flex); also called `flex`" },
        cfg!(feature = "flex"),
    ),
    (
        Backend { name: "cuda", description: "an NVIDIA GPU (burn-cuda); `cuda:1` is the second one" },
        cfg!(feature = "cuda"),
    ),
    (
        Backend { name: "wgpu", description: "a GPU through WebGPU, Vulkan or Metal (burn-wgpu)" },
        cfg!(feature = "wgpu"),
    ),
    (
        Backend { name: "ndarray", description: "this machine's cores (burn-ndarray), slower than `cpu`" },
        cfg!(feature = "ndarray"),
    ),
];

/// The backends compiled into this build, the default first.
pub fn available() -> Vec<Backend> {
    BACKENDS.iter().filter(|(_, compiled)| *compiled).map(|(backend, _)| *backend).collect()
}

/// The device called `name`: `cpu` (or `flex`), `cuda`, `cuda:N`, `wgpu`, `ndarray`. Names are parsed here because burn's own
/// default reads the environment and panics on names it does not know.
///
/// # Errors
/// [`DeviceError::Unknown`] lists what is compiled in, and names the feature of a backend that is not. [`DeviceError::Unusable`]
/// for one that fails.
pub fn parse(name: &str) -> Result<Device, DeviceError> {
    let (backend, index) = match name.split_once(':') {
        Some((backend, index)) => (backend, Some(index.parse::<usize>().map_err(|_| unknown(name, backend))?)),
        None => (name, None),
    };
    match (backend, index) {
        #[cfg(feature = "flex")]
        ("cpu" | "flex", None) => Ok(Device::flex()),
        #[cfg(feature = "cuda")]
        ("cuda", index) => usable(name, || Device::cuda(index.unwrap_or(0))),
        #[cfg(feature = "wgpu")]
        ("wgpu", None) => usable(name, || Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "ndarray")]
        ("ndarray", None) => Ok(ndarray()),
        _ => Err(unknown(name, backend)),
    }
}

/// The error for the device `name` of `backend`.
fn unknown(name: &str, backend: &str) -> DeviceError {
    let names: Vec<_> = available().iter().map(|backend| backend.name).collect();
    let feature = BACKENDS
        .iter()
        .filter(|(_, compiled)| !compiled)
        .map(|(known, _)| if known.name == "cpu" { "flex" } else { known.name })
        .find(|&feature| feature == backend || feature == "flex" && backend == "cpu");
    DeviceError::Unknown { name: name.to_owned(), available: names.join(", "), feature }
}

#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "burn will drop this backend; until then it is there to compare with")]
fn ndarray() -> Device {
    Device::ndarray()
}

/// Whether a device computes on this machine's cores: many small graphs side by side suit it better than one large one.
pub fn is_host(device: &Device) -> bool {
    #[cfg(feature = "ndarray")]
    if *device == ndarray() {
        return true;
    }
    is_flex(device)
}

/// Whether a device is that of burn-flex, for which there are operators of our own.
pub(crate) fn is_flex(device: &Device) -> bool {
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
fn usable(name: &str, open: impl FnOnce() -> Device + std::panic::UnwindSafe) -> Result<Device, DeviceError> {
    use burn::tensor::Tensor;
    let failed = |message: String| DeviceError::Unusable { name: name.to_owned(), message };
    std::panic::catch_unwind(|| {
        let device = open();
        Tensor::<1>::from_floats([1.0], &device).try_into_data().map(|_| device).map_err(|error| error.to_string())
    })
    .map_err(|panic| failed(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "no driver".to_owned())))?
    .map_err(failed)
}
