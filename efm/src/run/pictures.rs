//! The pictures in a run's folder, in words.

use std::fs;
use std::path::Path;

use efm_report::Picture;

/// Bytes of one picture, at most.
const PICTURE_BYTES: u64 = 4 << 20;

/// Pictures of transported images from the way of the training that are shown, evenly over it.
const SAMPLES: usize = 4;

/// The pictures of a run that are worth a place, in the order they are looked at.
pub fn pictures(folder: &Path, missing: &mut Vec<String>) -> Vec<Picture> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".png"))
        .collect();
    names.sort();
    let samples: Vec<_> = names.iter().filter(|name| name.starts_with("samples-")).cloned().collect();
    let count = samples.len().min(SAMPLES);
    // The newest first, the others evenly over the training.
    let chosen: Vec<_> =
        (0..count).map(|k| samples[samples.len() - 1 - k * (samples.len() - 1) / count.max(1)].clone()).collect();
    names.retain(|name| !name.starts_with("samples-") || chosen.contains(name));
    names.sort_by_key(|name| rank(name));
    let mut pictures = Vec::new();
    for name in names {
        let path = folder.join(&name);
        match fs::metadata(&path) {
            Ok(about) if about.len() > PICTURE_BYTES => missing.push(format!("pictures/{name}: {} bytes", about.len())),
            _ => match fs::read(&path) {
                Ok(png) => {
                    let (caption, alt) = words(&name);
                    pictures.push(Picture { name, caption, alt, png });
                }
                Err(error) => missing.push(format!("pictures/{name}: {error}")),
            },
        }
    }
    pictures
}

const ORDER: [&str; 6] =
    ["images-path", "images-pairs", "images-neighbours", "images-nearest", "images-transported", "images-target"];

fn rank(name: &str) -> (usize, std::cmp::Reverse<String>) {
    let place = ORDER.iter().position(|start| name.starts_with(start)).unwrap_or(ORDER.len());
    (place, std::cmp::Reverse(if place == ORDER.len() { name.to_owned() } else { String::new() }))
}

/// Caption and alternative text.
fn words(name: &str) -> (String, String) {
    let stem = name.trim_end_matches(".png");
    let (caption, alt) = match stem {
        "images-path" => (
            "Single images on their way: one line a row, from the source plate (left) to the target plate (right)",
            "Grid of images; every row changes from an image of the source to one like those of the target",
        ),
        "images-pairs" => (
            "Images of the source, each above what it became",
            "Grid of pairs of images: a row of sources above the row of transported ones, and so on",
        ),
        "images-neighbours" => (
            "Transported images, each above the nearest training image of the target",
            "Grid of pairs: a row of transported images above the row of their nearest training images, and so on",
        ),
        "images-nearest" => (
            "Transported images, each above the training image of the most similar shape (efm classify)",
            "Grid of pairs: transported images above the training images of the most similar shape",
        ),
        "images-transported" => ("Transported images", "Grid of transported images"),
        "images-target" => ("Fresh images of the target", "Grid of images of the target"),
        other => match other.strip_prefix("samples-").and_then(|step| step.parse::<u64>().ok()) {
            Some(step) => {
                return (
                    format!("Transported at step {step}"),
                    format!("Grid of images transported at step {step} of the training"),
                );
            }
            None => return (other.to_owned(), format!("Picture {other}")),
        },
    };
    (caption.to_owned(), alt.to_owned())
}
