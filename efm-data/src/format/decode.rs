use std::io::Read;

use half::{bf16, f16};

use super::{Limits, source::Source};
use crate::{DataError, Rows, rows::Values};

/// Types of numbers that have a place on the real line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    Bf16,
    F32,
    F64,
}

impl Number {
    /// Bytes of one number in the file.
    fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// Numbers with what the header said of them.
pub(crate) struct Shaped {
    /// `[N, D]`, whatever the number of axes.
    pub(crate) rows: Rows,
    pub(crate) shape: Vec<u64>,
    /// The type in the file: 0 to 255 are bytes, where they are images.
    #[cfg_attr(not(feature = "images"), expect(dead_code, reason = "only images ask for it"))]
    pub(crate) number: Number,
}

/// What numbers of the file become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// f32, whatever the file has.
    Single,
    /// f64 where f32 does not hold what the file has.
    AsFile,
}

/// What a header claims about an array. Nothing is allocated for it before [`Layout::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) number: Number,
    pub(super) big_endian: bool,
    /// First axis fastest, as in Fortran; otherwise the last.
    pub(super) fortran: bool,
    pub(super) shape: Vec<u64>,
}

/// The size of an array whose claims were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// N.
    pub(super) rows: usize,
    /// D.
    pub(super) columns: usize,
}

impl Layout {
    /// N and D, if the numbers fill exactly the `there` bytes there are for them and stay within the limits.
    pub(super) fn check(
        &self,
        source: &Source,
        place: &str,
        there: u64,
        limits: &Limits,
        precision: Precision,
    ) -> Result<Extent, DataError> {
        let Some((rows, rest)) = self.shape.split_first() else {
            return Err(source.malformed(place, "is a single number, not an array"));
        };
        let overflow = || source.malformed(place, format!("shape {:?} overflows", self.shape));
        let columns = rest.iter().try_fold(1_u64, |product, axis| product.checked_mul(*axis)).ok_or_else(overflow)?;
        if columns == 0 {
            return Err(source.malformed(place, format!("shape {:?} leaves no coordinates", self.shape)));
        }
        let count = rows.checked_mul(columns).ok_or_else(overflow)?;
        let bytes = count.checked_mul(self.number.size() as u64).ok_or_else(overflow)?;
        if bytes != there {
            let problem = format!("shape {:?} needs {bytes} bytes of numbers, there are {there}", self.shape);
            return Err(source.malformed(place, problem));
        }
        let each = if self.is_double(precision) { size_of::<f64>() } else { size_of::<f32>() };
        let need = count.checked_mul(each as u64).ok_or_else(overflow)?.max(bytes);
        let (Ok(rows), Ok(columns), Ok(_), true) =
            (usize::try_from(*rows), usize::try_from(columns), usize::try_from(need), need <= limits.max_bytes)
        else {
            let problem = format!("shape {:?} needs {need} bytes; the limit is {}", self.shape, limits.max_bytes);
            return Err(source.too_large(place, problem));
        };
        Ok(Extent { rows, columns })
    }

    /// Whether the numbers take 8 bytes each once they are read.
    fn is_double(&self, precision: Precision) -> bool {
        let wide = matches!(self.number, Number::F64 | Number::I32 | Number::U32 | Number::I64 | Number::U64);
        wide && precision == Precision::AsFile
    }

    /// Reads exactly the bytes of `extent` and gives the rows.
    pub(super) fn read(
        &self,
        source: &Source,
        place: &str,
        extent: Extent,
        reader: &mut dyn Read,
        precision: Precision,
        failed: &dyn Fn(std::io::Error) -> DataError,
    ) -> Result<Rows, DataError> {
        let values = match self.is_double(precision) {
            true => Values::Double(self.numbers(source, place, extent, reader, failed)?),
            false => Values::Single(self.numbers(source, place, extent, reader, failed)?),
        };
        Ok(Rows::checked(extent.columns, values))
    }

    fn numbers<T: Real>(
        &self,
        source: &Source,
        place: &str,
        extent: Extent,
        reader: &mut dyn Read,
        failed: &dyn Fn(std::io::Error) -> DataError,
    ) -> Result<Vec<T>, DataError> {
        let count = extent.rows * extent.columns;
        let mut values: Vec<T> = Vec::new();
        let refused = |_| source.too_large(place, format!("no memory for {count} numbers"));
        values.try_reserve_exact(count).map_err(refused)?;
        let size = self.number.size();
        let mut buffer = [0_u8; 1 << 13];
        let mut left = count;
        while left > 0 {
            let bytes = &mut buffer[..left.min((1 << 13) / size) * size];
            reader.read_exact(bytes).map_err(failed)?;
            if self.big_endian {
                bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            }
            T::append(self.number, bytes, &mut values);
            left -= bytes.len() / size;
        }
        if self.fortran && self.shape.len() > 1 {
            values = from_fortran(&values, &self.shape);
        }
        if let Some(bad) = values.iter().position(|value| !value.fits()) {
            let (row, column) = (bad / extent.columns, bad % extent.columns);
            return Err(DataError::NonFinite { path: source.path.clone(), place: place.to_owned(), row, column });
        }
        Ok(values)
    }
}

/// f32 and f64.
trait Real: Copy + Default {
    /// Appends the numbers in `bytes`, which are little-endian by now.
    fn append(number: Number, bytes: &[u8], values: &mut Vec<Self>);

    /// Whether it is a finite number, of f32 as well.
    fn fits(self) -> bool;
}

macro_rules! real {
    ($real:ident, $half:ident) => {
        impl Real for $real {
            fn append(number: Number, bytes: &[u8], values: &mut Vec<Self>) {
                macro_rules! numbers {
                    ($kind:ty, $rule:expr) => {{
                        let (chunks, _) = bytes.as_chunks::<{ size_of::<$kind>() }>();
                        values.extend(chunks.iter().map(|chunk| $rule(<$kind>::from_le_bytes(*chunk))));
                    }};
                }
                match number {
                    Number::Bool => values.extend(bytes.iter().map(|byte| Self::from(u8::from(*byte != 0)))),
                    Number::I8 => numbers!(i8, Self::from),
                    Number::U8 => numbers!(u8, Self::from),
                    Number::I16 => numbers!(i16, Self::from),
                    Number::U16 => numbers!(u16, Self::from),
                    Number::I32 => numbers!(i32, |value| value as Self),
                    Number::U32 => numbers!(u32, |value| value as Self),
                    Number::I64 => numbers!(i64, |value| value as Self),
                    Number::U64 => numbers!(u64, |value| value as Self),
                    Number::F16 => numbers!(f16, f16::$half),
                    Number::Bf16 => numbers!(bf16, bf16::$half),
                    Number::F32 => numbers!(f32, Self::from),
                    Number::F64 => numbers!(f64, |value| value as Self),
                }
            }

            fn fits(self) -> bool {
                (self as f32).is_finite()
            }
        }
    };
}

real!(f32, to_f32);
real!(f64, to_f64);

/// Turns first-axis-fastest order into last-axis-fastest order. `shape` was checked and has no zero but maybe the first.
fn from_fortran<T: Copy + Default>(values: &[T], shape: &[u64]) -> Vec<T> {
    let mut strides = vec![1_usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as usize;
    }
    let mut turned = vec![T::default(); values.len()];
    let mut index = vec![0_u64; shape.len()];
    let mut place = 0;
    for value in values {
        turned[place] = *value;
        for (axis, stride) in strides.iter().enumerate() {
            index[axis] += 1;
            place += stride;
            if index[axis] < shape[axis] {
                break;
            }
            place -= stride * shape[axis] as usize;
            index[axis] = 0;
        }
    }
    turned
}
