use burn::tensor::Device;
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use super::UNet;
use crate::{BackboneShape, Geometry, ModelError, Preconditioned};

/// Size of a [`UNet`].
///
/// The default has 1.1 million parameters for colour images of 32 × 32; the network of the published image experiments,
/// 57.6 million, is `channels = 128`, `multipliers = [1, 2, 2, 2]`, `blocks = 4`, `attention = [16]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UNetConfig {
    /// Channels at the resolution of the data.
    pub channels: usize,
    /// Pixels on the side of the squares that the network works on as one, p² times the channels of the images: 1 for pixels. With
    /// 2, images of 32 × 32 cost what those of 16 × 16 cost.
    #[serde(skip_serializing_if = "is_one")]
    pub patch: usize,
    /// Channels of each resolution in multiples of `channels`; from one to the next, images have half the size.
    pub multipliers: Vec<usize>,
    /// Residual blocks per resolution on the way down; on the way up there is one more.
    pub blocks: usize,
    /// Heights, in patches, at which every block on the way down, and the last one on the way up, is followed by attention;
    /// heights that do not occur are passed over. The smallest resolution has one in any case.
    pub attention: Vec<usize>,
    /// Most groups of channels that a normalisation takes together; fewer where there are less than four channels each.
    pub groups: usize,
    /// Classes that the network can be asked for; 0 for none.
    pub classes: usize,
    /// Numbers that the network can be told; 0 for none.
    pub conditions: usize,
    /// Share of the values in every residual block that training leaves out at random, before its last convolution; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub dropout: f64,
    /// Channels, height and width of the data, D = channels · height · width. If absent: those of the image data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde passes
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde passes
fn is_one(value: &usize) -> bool {
    *value == 1
}

impl Default for UNetConfig {
    fn default() -> Self {
        Self {
            channels: 32,
            patch: 1,
            multipliers: vec![1, 2, 2],
            blocks: 1,
            attention: vec![16],
            groups: 32,
            classes: 0,
            conditions: 0,
            dropout: 0.0,
            image: None,
        }
    }
}

impl UNetConfig {
    /// The configuration for data in R^`dim` whose points are images of that many rows and columns.
    #[must_use]
    pub fn for_images(self, dim: usize, [height, width]: [usize; 2]) -> Self {
        let channels = dim.checked_div(height * width).unwrap_or_default();
        Self { image: self.image.or(Some([channels, height, width])), ..self }
    }

    /// Builds the network with weights drawn from `stream`, in the wrapper for the head of `geometry`; before training its field
    /// points straight at the target.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] when a size is zero or absurd, [`ModelError::BadImage`] when images of that size cannot be
    /// halved that often or are not D numbers, [`ModelError::GapOnly`] for heads of fields behind the plates.
    pub fn init(
        &self,
        geometry: Geometry,
        stream: &Stream,
        device: &Device,
    ) -> Result<Preconditioned<UNet>, ModelError> {
        let unet = self.backbone(BackboneShape::of(&geometry), stream, device)?;
        Preconditioned::new(unet, geometry, self.classes, device)
    }

    /// The network alone.
    ///
    /// # Errors
    /// As [`UNetConfig::init`].
    pub fn backbone(&self, shape: BackboneShape, stream: &Stream, device: &Device) -> Result<UNet, ModelError> {
        let image = self.checked(shape.dim)?;
        if shape.everywhere {
            return Err(ModelError::GapOnly);
        }
        Ok(UNet::new(self, image, shape, stream, device))
    }

    /// Channels, height and width, once everything fits.
    fn checked(&self, dim: usize) -> Result<[usize; 3], ModelError> {
        let within = |key, value: usize, least: usize, most: usize, expected| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(ModelError::BadConfig { key, value, expected }) }
        };
        within("channels", self.channels, 1, 4_096, "1 to 4096")?;
        within("blocks", self.blocks, 1, 64, "1 to 64")?;
        within("patch", self.patch, 1, 64, "1 to 64")?;
        within("groups", self.groups, 1, 4_096, "1 to 4096")?;
        within("classes", self.classes, 0, 1_000_000, "0 to 1000000")?;
        within("conditions", self.conditions, 0, 65_536, "0 to 65536")?;
        within("multipliers", self.multipliers.len(), 1, 12, "a list of 1 to 12 numbers")?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(ModelError::BadDropout { value: self.dropout });
        }
        for &multiplier in &self.multipliers {
            within("multipliers", multiplier, 1, 64, "a list of numbers from 1 to 64")?;
        }
        let bad = |message: String| Err(ModelError::BadImage { message });
        let Some(image @ [channels, height, width]) = self.image else {
            return bad("the size of the images is not known; give model.image = [channels, height, width]".to_owned());
        };
        if channels.checked_mul(height).and_then(|area| area.checked_mul(width)) != Some(dim) || dim == 0 {
            return bad(format!("{channels} channels of {height} × {width} pixels are not the D = {dim} of the data"));
        }
        let (levels, patch) = (self.multipliers.len(), self.patch);
        let unit = patch << (levels - 1);
        if !height.is_multiple_of(unit) || !width.is_multiple_of(unit) {
            return bad(format!(
                "images of {height} × {width} pixels, in patches of {patch}, cannot be halved {} times; shorten \
                 model.multipliers or choose a size divisible by {unit}",
                levels - 1
            ));
        }
        Ok(image)
    }
}
