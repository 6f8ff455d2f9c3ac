//! Which kernel sums, by D, law, precision and number of charges.

use std::sync::{Arc, OnceLock};

use efm_core::{Capacitor, Side};

use crate::images::{Images, Table};
use crate::kernels::{Apart, Blocked, Coordinates, Direct, EachPlate, Kernel, Pairwise, Product, grow, most};
use crate::simd::Real;
use crate::{Law, Precision, Summation};

/// What all kernels of a field are laid out from.
#[derive(Debug, Clone)]
pub struct Layout {
    pub capacitor: Capacitor,
    pub law: Law,
    pub coordinates: Coordinates,
    pub images: Images,
}

/// The kernels of a field.
#[derive(Debug, Clone)]
pub struct Route {
    /// The one that is asked first; none where only the reference keeps squares in range.
    pub first: Option<Arc<dyn Kernel>>,
    /// The one for queries that the first does not resolve; none after f64.
    pub backup: Later,
    /// The one for each plate on its own, where that is faster than pairs in f64.
    pub apart: Later,
}

/// Lays charges out for a kernel.
type MakeKernel = fn(&Layout) -> Arc<dyn Kernel>;

/// A kernel that is laid out at its first use.
#[derive(Debug, Clone, Default)]
pub struct Later {
    make: Option<MakeKernel>,
    made: Arc<OnceLock<Arc<dyn Kernel>>>,
}

impl Later {
    fn with(make: MakeKernel) -> Self {
        Self { make: Some(make), made: Arc::default() }
    }

    fn made(kernel: Arc<dyn Kernel>) -> Self {
        Self { make: None, made: Arc::new(kernel.into()) }
    }

    /// The kernel, if there is one.
    pub fn get(&self, layout: &Layout) -> Option<&dyn Kernel> {
        match self.make {
            Some(make) => Some(&**self.made.get_or_init(|| make(layout))),
            None => self.made.get().map(|kernel| &**kernel),
        }
    }
}

impl Layout {
    /// Lays the charges of a capacitor out.
    pub fn new(capacitor: Capacitor, law: Law) -> Self {
        let coordinates = Coordinates::new(&capacitor, law);
        let images = Images::new(capacitor.dim());
        Self { capacitor, law, coordinates, images }
    }

    /// The f64 kernel that takes every query, whatever D.
    pub fn pairwise(&self) -> Pairwise {
        Pairwise::new(&self.capacitor, &self.coordinates, self.law, &self.images)
    }

    fn direct<T: Real>(&self, precision: Precision) -> Direct<T> {
        let table = (self.law == Law::Mirror).then(|| Table::shared(self.capacitor.dim(), &self.images, precision));
        Direct::new(&self.capacitor, &self.coordinates, self.law, table)
    }

    fn product(&self, sides: &[Side]) -> Product {
        Product::new(&self.capacitor, &self.coordinates, self.law, &self.images, sides)
    }

    fn apart(&self) -> Apart {
        Apart(Side::BOTH.map(|side| self.product(&[side])))
    }

    /// Whether D is so small that charges are summed directly.
    fn is_direct(&self, precision: Precision) -> bool {
        let dim = self.capacitor.dim();
        let mirrored = precision == Precision::F32 && self.law == Law::Mirror && dim <= most::DIRECT_MIRROR;
        dim <= most::DIRECT || mirrored
    }
}

impl Route {
    /// The kernels for these charges.
    pub fn new(layout: &Layout, precision: Precision, summation: Summation) -> Self {
        let Layout { capacitor, law, coordinates, images } = layout;
        let (law, dim) = (*law, capacitor.dim());
        let charges = Side::BOTH.map(|side| capacitor.plate(side).len()).iter().sum();
        if coordinates.is_wild() {
            return Self { first: None, backup: Later::default(), apart: Later::default() };
        }
        if let Some(error) = summation.tree(law, precision, dim, charges) {
            let (fast, fine) = grow(capacitor, coordinates, precision, error);
            let fine = Arc::new(fine);
            return match fast {
                Some(fast) => Self::of(fast, Later::made(fine), Later::default()),
                None => Self { first: Some(fine), backup: Later::default(), apart: Later::default() },
            };
        }
        let pairwise = || Later::with(|layout| Arc::new(layout.pairwise()));
        match precision {
            Precision::F64 if layout.is_direct(precision) => {
                Self::of(layout.direct::<f64>(precision), Later::default(), Later::default())
            }
            Precision::F64 => Self::of(layout.pairwise(), Later::default(), Later::default()),
            Precision::F32 if layout.is_direct(precision) => {
                let first = Arc::new(layout.direct::<f32>(precision));
                let backup = Later::with(|layout| Arc::new(layout.direct::<f64>(Precision::F64)));
                let apart = Later::made(Arc::new(EachPlate(Arc::clone(&first))));
                Self { first: Some(first), backup, apart }
            }
            Precision::F32 if law != Law::Mirror && dim <= most::BLOCKED => {
                Self::of(Blocked::new(capacitor, coordinates, law, images), pairwise(), Later::default())
            }
            Precision::F32 if law == Law::Published => {
                let first: Arc<dyn Kernel> = Arc::new(layout.apart());
                Self { first: Some(Arc::clone(&first)), backup: pairwise(), apart: Later::made(first) }
            }
            Precision::F32 => {
                let apart = Later::with(|layout| Arc::new(layout.apart()));
                Self::of(layout.product(&Side::BOTH), pairwise(), apart)
            }
        }
    }

    fn of(first: impl Kernel + 'static, backup: Later, apart: Later) -> Self {
        Self { first: Some(Arc::new(first)), backup, apart }
    }
}
