//! Where the tensors of a U-Net are in checkpoints of the published one.
//!
//! `DDPM` of score_sde (Song et al. 2021) and of the EFM code keeps its layers in one list, `all_modules`: two linear layers of the
//! time, the first convolution, then blocks, attention and changes of size in the order in which they are computed. A
//! checkpoint is the state of that network, or a dictionary with it under `model` and its moving average under `ema`, a
//! list `shadow_params` in the order of the parameters.

use std::collections::BTreeMap;

use super::UNet;
use crate::Weights;
use crate::weights::layout::{Layout, Origin};

/// How names of the published layers begin, whatever is before.
const LIST: &str = "all_modules.";

/// How names of a moving average begin, whatever is before.
const AVERAGE: &str = "shadow_params.";

/// Where all the tensors are.
pub(crate) struct Found {
    /// By our names.
    pub origins: BTreeMap<String, Origin>,
    /// Whether they are a moving average.
    pub averaged: bool,
}

/// A tensor of the published network and ours.
struct Pair {
    theirs: String,
    /// None for the layers of the time, which see other features of the height than ours.
    ours: Option<String>,
    layout: Layout,
}

/// Whether a file holds the published network.
pub(crate) fn is_published(weights: &Weights) -> bool {
    beginning(weights, LIST).is_some() || beginning(weights, AVERAGE).is_some()
}

/// Where the tensors of a network like `unet` are.
pub(crate) fn origins(unet: &UNet, weights: &Weights) -> Found {
    let plain = beginning(weights, LIST);
    let average = beginning(weights, AVERAGE);
    let first = match (&plain, &average) {
        (Some(before), _) => weights.shape(&format!("{before}{LIST}0.weight")),
        (None, Some(before)) => weights.shape(&format!("{before}{AVERAGE}0")),
        (None, None) => None,
    };
    let pairs = pairs(unet, first.is_some_and(|shape| shape.len() == 2));
    // Parameters of a moving average have numbers only: it is taken if there are as many as the network has.
    let averages = |before: &String| {
        let count = weights.shapes().filter(|(name, _)| name.starts_with(&format!("{before}{AVERAGE}"))).count();
        let whole = count == pairs.len();
        let names = (0..count).map(|index| format!("{before}{AVERAGE}{index}")).collect::<Vec<_>>();
        (whole || plain.is_none()).then_some(names)
    };
    let averages = average.as_ref().and_then(averages);
    let averaged = averages.is_some();
    let before = plain.unwrap_or_default();
    let name = |index: usize, pair: &Pair| match &averages {
        Some(names) => names.get(index).cloned(),
        None => Some(format!("{before}{}", pair.theirs)),
    };
    let named = pairs.iter().enumerate().filter_map(|(index, pair)| {
        Some((pair.ours.clone()?, Origin { name: name(index, pair)?, layout: pair.layout }))
    });
    Found { origins: named.collect(), averaged }
}

/// What is before `list` in the shortest name that holds it and its first element.
fn beginning(weights: &Weights, list: &str) -> Option<String> {
    let first = format!("{list}0");
    let names = weights.shapes().filter_map(|(name, _)| {
        let (before, behind) = name.split_once(&first)?;
        ((before.is_empty() || before.ends_with('.')) && (behind.is_empty() || behind.starts_with('.')))
            .then(|| before.to_owned())
    });
    names.min_by_key(String::len)
}

/// The parameters of the published network with the blocks of `unet`, in their order.
fn pairs(unet: &UNet, conditional: bool) -> Vec<Pair> {
    let mut list = List { pairs: Vec::new(), next: 0 };
    if conditional {
        list.layer(None, &[("", "", Layout::Linear)]);
        list.layer(None, &[("", "", Layout::Linear)]);
    }
    let conv: &[Part] = &[("", "", Layout::Conv)];
    let resized: &[Part] = &[("Conv_0.", "", Layout::Conv)];
    list.layer(Some("opening"), conv);
    let attention = |list: &mut List, place: &str| list.layer(Some(place), ATTENTION);
    for (way, levels) in [("down", &unet.down), ("up", &unet.up)] {
        if way == "up" {
            list.layer(Some("middle.first"), &residual(false));
            attention(&mut list, "middle.attention");
            list.layer(Some("middle.last"), &residual(false));
        }
        for (index, level) in levels.iter().enumerate() {
            for (block, of) in level.blocks.iter().enumerate() {
                list.layer(Some(&format!("{way}.{index}.blocks.{block}")), &residual(of.is_bent()));
                if way == "down" && block < level.attention.len() {
                    attention(&mut list, &format!("{way}.{index}.attention.{block}"));
                }
            }
            if way == "up" {
                (0..level.attention.len())
                    .for_each(|block| attention(&mut list, &format!("{way}.{index}.attention.{block}")));
            }
            if level.next.is_some() {
                list.layer(Some(&format!("{way}.{index}.next")), resized);
            }
        }
    }
    list.layer(Some("norm"), &[("", "", Layout::Plain)]);
    list.layer(Some("closing"), conv);
    list.pairs
}

/// A part of a layer: its names in theirs and in ours, each with a dot behind unless empty, and how its weight lies. Plain ones are
/// normalisations.
type Part = (&'static str, &'static str, Layout);

const ATTENTION: &[Part] = &[
    ("GroupNorm_0.", "norm.", Layout::Plain),
    ("NIN_0.", "query.", Layout::Point),
    ("NIN_1.", "key.", Layout::Point),
    ("NIN_2.", "value.", Layout::Point),
    ("NIN_3.", "closing.", Layout::Point),
];

/// A residual block; `bent` ones have a linear map on their straight way, to other channels.
fn residual(bent: bool) -> Vec<Part> {
    let mut parts = vec![
        ("GroupNorm_0.", "before.", Layout::Plain),
        ("Conv_0.", "opening.", Layout::Conv),
        ("Dense_0.", "embedding.", Layout::Linear),
        ("GroupNorm_1.", "between.", Layout::Plain),
        ("Conv_1.", "closing.", Layout::Conv),
    ];
    parts.extend(bent.then_some(("NIN_0.", "straight.", Layout::Point)));
    parts
}

struct List {
    pairs: Vec<Pair>,
    /// Number of the next layer.
    next: usize,
}

impl List {
    fn layer(&mut self, ours: Option<&str>, parts: &[Part]) {
        for &(theirs, part, layout) in parts {
            let (norm, point) = (layout == Layout::Plain, layout == Layout::Point);
            let names = if point { ["W", "b"] } else { ["weight", "bias"] };
            let our_names = if norm { ["scale", "shift"] } else { ["weight", "bias"] };
            for (index, (name, our)) in names.into_iter().zip(our_names).enumerate() {
                self.pairs.push(Pair {
                    theirs: format!("{LIST}{}.{theirs}{name}", self.next),
                    ours: ours.map(|ours| format!("UNet.{ours}.{part}{our}")),
                    layout: if index == 0 { layout } else { Layout::Plain },
                });
            }
        }
        self.next += 1;
    }
}
