use crate::{Geometry, Head};

/// What the preconditioner of a head shows a backbone and takes from it: the sizes of its first and last layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackboneShape {
    /// Number of coordinates of x, D, and of an image.
    pub dim: usize,
    /// Images that are taken.
    pub images: usize,
    /// Whether one number more is taken.
    pub scalar: Scalar,
    /// Columns of [`crate::Seen::height_features`].
    pub height_features: usize,
    /// Whether points behind the plates are shown as well.
    pub everywhere: bool,
    /// Whether what is learned has a part that is linear in x, which a network may want outputs of its own for. Otherwise the
    /// preconditioner knows it.
    pub linear: bool,
}

/// The number besides images that a backbone gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scalar {
    /// None.
    Absent,
    /// One. Networks with one last layer for everything give it before the image.
    First,
    /// One. Networks with one last layer for everything give it after the image.
    Last,
}

impl BackboneShape {
    /// For the head of `geometry`.
    pub fn of(geometry: &Geometry) -> Self {
        let head = geometry.head;
        Self {
            dim: geometry.dim,
            images: if head == Head::Ends { 2 } else { 1 },
            scalar: match head {
                Head::Forward | Head::Free => Scalar::Last,
                Head::Plates => Scalar::First,
                Head::Velocity | Head::Slope | Head::Ends => Scalar::Absent,
            },
            height_features: 3 + if head == Head::Free { 2 } else { 0 },
            everywhere: head.is_everywhere(),
            linear: head != Head::Plates,
        }
    }

    /// Numbers of a last layer that gives all of them, without those of a network's own.
    pub fn outputs(&self) -> usize {
        self.images * self.dim + usize::from(self.scalar != Scalar::Absent)
    }
}
