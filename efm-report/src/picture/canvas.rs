use std::fmt::Write;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use efm_eval::{EvalError, write_atomic};

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl std::fmt::Display for Colour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Colours that stay apart for colour-blind eyes (Okabe and Ito, 2008).
pub(crate) const SOURCE: Colour = Colour(0, 114, 178);
pub(crate) const TARGET: Colour = Colour(213, 94, 0);
pub(crate) const MOVED: Colour = Colour(0, 140, 105);
pub(crate) const INK: Colour = Colour(40, 40, 45);
pub(crate) const MUTED: Colour = Colour(110, 110, 118);
pub(crate) const GRID: Colour = Colour(228, 228, 232);
pub(crate) const WHITE: Colour = Colour(255, 255, 255);

/// Where a text hangs on its point.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in pixels, y downwards, in SVG.
pub(crate) struct Canvas {
    text: String,
}

/// Draws a picture of `width` × `height` pixels on white and writes it, complete or not at all.
pub(crate) fn write_svg(path: &Path, width: f64, height: f64, draw: impl FnOnce(&mut Canvas)) -> Result<(), EvalError> {
    write_atomic(path, svg(width, height, draw).as_bytes())
}

/// The text of an SVG file of `width` × `height` pixels on white.
pub(crate) fn svg(width: f64, height: f64, draw: impl FnOnce(&mut Canvas)) -> String {
    let mut canvas = Canvas { text: String::new() };
    let (w, h) = (Length(width), Length(height));
    canvas.put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"sans-serif\">"
    ));
    canvas.rectangle((0.0, 0.0), (width, height), WHITE, 1.0);
    draw(&mut canvas);
    canvas.put(format_args!("</svg>"));
    canvas.text
}

impl Canvas {
    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{element}");
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour, opacity: f64) {
        let [x, y] = [from.0.min(to.0), from.1.min(to.1)].map(Length);
        let [w, h] = [(to.0 - from.0).abs(), (to.1 - from.1).abs()].map(Length);
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{colour}\"{}/>",
            Opacity("fill", opacity)
        ));
    }

    /// A filled polygon.
    pub(crate) fn polygon(&mut self, corners: &[(f64, f64)], colour: Colour, opacity: f64) {
        self.put(format_args!(
            "<polygon points=\"{}\" fill=\"{colour}\"{}/>",
            Points(corners),
            Opacity("fill", opacity)
        ));
    }

    /// A line through points, `width` pixels thick.
    pub(crate) fn path(&mut self, points: &[(f64, f64)], colour: Colour, opacity: f64, width: f64) {
        if points.len() < 2 {
            return;
        }
        self.put(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"{}/>",
            Points(points),
            Length(width),
            Opacity("stroke", opacity)
        ));
    }

    /// A filled circle.
    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: Colour, opacity: f64) {
        let [x, y, r] = [x, y, radius].map(Length);
        self.put(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{colour}\"{}/>",
            Opacity("fill", opacity)
        ));
    }

    /// A PNG file, stretched over a rectangle.
    pub(crate) fn image(&mut self, (left, top): (f64, f64), (width, height): (f64, f64), png: &[u8]) {
        let [x, y, w, h] = [left, top, width, height].map(Length);
        self.put(format_args!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{}\"/>",
            BASE64_STANDARD.encode(png)
        ));
    }

    /// A line of text, vertically centred on its point.
    pub(crate) fn text(&mut self, text: &str, (x, y): (f64, f64), size: f64, colour: Colour, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let [x, y] = [x, y].map(Length);
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.5ex\" text-anchor=\"{anchor}\" font-size=\"{}\" fill=\"{colour}\">{}</text>",
            Length(size),
            escaped(text)
        ));
    }

    /// A line of text that reads upwards.
    pub(crate) fn text_up(&mut self, text: &str, (x, y): (f64, f64), size: f64, colour: Colour) {
        let [x, y] = [x, y].map(Length);
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.5ex\" text-anchor=\"middle\" font-size=\"{}\" fill=\"{colour}\" \
             transform=\"rotate(270, {x}, {y})\">{}</text>",
            Length(size),
            escaped(text)
        ));
    }
}

/// Text as it may stand in XML; control characters would break the file.
fn escaped(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    let mut out = String::with_capacity(text.len());
    for letter in letters {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

/// Pixels to a hundredth; what is not finite or far outside is held at a border.
struct Length(f64);

impl std::fmt::Display for Length {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // NaN is no place: a cast makes it 0. So is −0, which would be written with its sign.
        let hundredths = (100.0 * self.0).round().clamp(-1e8, 1e8) as i64;
        write!(out, "{}", hundredths as f64 / 100.0)
    }
}

/// Points of a path.
struct Points<'a>(&'a [(f64, f64)]);

impl std::fmt::Display for Points<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, &(x, y)) in self.0.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            write!(out, "{space}{},{}", Length(x), Length(y))?;
        }
        Ok(())
    }
}

/// How much of what lies below is hidden; nothing is written where that is all.
struct Opacity(&'static str, f64);

impl std::fmt::Display for Opacity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.1 < 1.0 { write!(out, " {}-opacity=\"{}\"", self.0, Length(self.1)) } else { Ok(()) }
    }
}
