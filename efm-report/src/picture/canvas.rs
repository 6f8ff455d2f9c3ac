use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBColor, ShapeStyle};

use efm_eval::EvalError;
use efm_eval::write_atomic;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito, 2008).
pub(crate) const SOURCE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const TARGET: RGBColor = RGBColor(213, 94, 0);
pub(crate) const MOVED: RGBColor = RGBColor(0, 140, 105);
pub(crate) const INK: RGBColor = RGBColor(40, 40, 45);
pub(crate) const MUTED: RGBColor = RGBColor(110, 110, 118);
pub(crate) const GRID: RGBColor = RGBColor(228, 228, 232);

/// The backend places everything on whole pixels: the drawing is made this much larger and shown smaller.
const FINE: f64 = 8.0;

/// Where a text hangs on its point.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in pixels, y downwards, in SVG.
pub(crate) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    failure: Option<String>,
}

/// Draws a picture of `width` × `height` pixels on white and writes it, complete or not at all.
pub(crate) fn write_svg(
    path: &Path,
    width: f64,
    height: f64,
    draw: impl FnOnce(&mut Canvas<'_>),
) -> Result<(), EvalError> {
    let text = svg_with_images(width, height, &[], draw).map_err(|error| match error {
        EvalError::Encode { message, .. } => EvalError::Encode { path: path.to_path_buf(), message },
        other => other,
    })?;
    write_atomic(path, text.as_bytes())
}

/// A PNG picture below all that is drawn: left, top, width, height, and the file.
pub(crate) type Below = (f64, f64, f64, f64, Vec<u8>);

/// The text of an SVG file of `width` × `height` pixels on white.
pub(crate) fn svg_with_images(
    width: f64,
    height: f64,
    images: &[Below],
    draw: impl FnOnce(&mut Canvas<'_>),
) -> Result<String, EvalError> {
    let encode = |message| EvalError::Encode { path: "a picture".into(), message };
    let mut text = String::new();
    let fine = ((width * FINE) as u32, (height * FINE) as u32);
    let mut canvas = Canvas { backend: SVGBackend::with_string(&mut text, fine), failure: None };
    canvas.rectangle((0.0, 0.0), (width, height), WHITE, 1.0);
    draw(&mut canvas);
    let presented = canvas.backend.present().map_err(|error| error.to_string());
    let failure = canvas.failure.take();
    drop(canvas);
    presented.map_err(encode)?;
    if let Some(message) = failure {
        return Err(encode(message));
    }
    let size = |w: f64, h: f64| format!("width=\"{w:.0}\" height=\"{h:.0}\"");
    let mut text = text.replacen(&size(width * FINE, height * FINE), &size(width, height), 1);
    // The backend has no pictures: they follow the first element, the white paper.
    if let Some(end) = text.find("<rect").and_then(|start| Some(start + text[start..].find("/>")? + 2)) {
        let element = |(left, top, width, height, png): &Below| {
            format!(
                "\n<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                 href=\"data:image/png;base64,{}\"/>",
                left * FINE,
                top * FINE,
                width * FINE,
                height * FINE,
                BASE64_STANDARD.encode(png)
            )
        };
        text.insert_str(end, &images.iter().map(element).collect::<String>());
    }
    Ok(text)
}

impl Canvas<'_> {
    fn keep<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error.to_string());
        }
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), colour: RGBColor, opacity: f64) {
        let style = ShapeStyle { color: colour.mix(opacity), filled: true, stroke_width: 0 };
        let result = self.backend.draw_rect(fine(from), fine(to), &style, true);
        self.keep(result);
    }

    /// A filled polygon.
    pub(crate) fn polygon(&mut self, corners: &[(f64, f64)], colour: RGBColor, opacity: f64) {
        let result = self.backend.fill_polygon(corners.iter().copied().map(fine), &colour.mix(opacity));
        self.keep(result);
    }

    /// A line through points, `width` pixels thick.
    pub(crate) fn path(&mut self, points: &[(f64, f64)], colour: RGBColor, opacity: f64, width: f64) {
        if points.len() < 2 {
            return;
        }
        let stroke_width = (width * FINE).round().max(1.0) as u32;
        let style = ShapeStyle { color: colour.mix(opacity), filled: false, stroke_width };
        let result = self.backend.draw_path(points.iter().copied().map(fine), &style);
        self.keep(result);
    }

    /// A filled circle.
    pub(crate) fn dot(&mut self, centre: (f64, f64), radius: f64, colour: RGBColor, opacity: f64) {
        let style = ShapeStyle { color: colour.mix(opacity), filled: true, stroke_width: 0 };
        let result = self.backend.draw_circle(fine(centre), (radius * FINE).round() as u32, &style, true);
        self.keep(result);
    }

    /// A line of text, vertically centred on its point.
    pub(crate) fn text(&mut self, text: &str, at: (f64, f64), size: f64, colour: RGBColor, anchor: Anchor) {
        self.any_text(text, at, size, colour, anchor, FontTransform::None);
    }

    /// A line of text that reads upwards.
    pub(crate) fn text_up(&mut self, text: &str, at: (f64, f64), size: f64, colour: RGBColor) {
        self.any_text(text, at, size, colour, Anchor::Middle, FontTransform::Rotate270);
    }

    fn any_text(
        &mut self,
        text: &str,
        at: (f64, f64),
        size: f64,
        colour: RGBColor,
        anchor: Anchor,
        transform: FontTransform,
    ) {
        let place = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The backend divides sizes by 1.24; control characters would break the file.
        let style = ("sans-serif", size * FINE * 1.24).into_font().color(&colour).pos(Pos::new(place, VPos::Center));
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        let result = self.backend.draw_text(&text, &style.transform(transform), fine(at));
        self.keep(result);
    }
}

/// Pixels of the large drawing; what is not finite or far outside is held at its border.
fn fine((x, y): (f64, f64)) -> (i32, i32) {
    let whole = |value: f64| (value * FINE).round().clamp(-1e6, 1e6) as i32;
    (whole(x), whole(y))
}
