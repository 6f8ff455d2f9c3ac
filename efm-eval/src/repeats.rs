use crate::{Label, Measured, Metrics, Statistics};

impl Metrics {
    /// The means of measures taken on several draws of the same map, each of `samples` points; what was not measured, floors
    /// included, is the first's. [`Metrics::repeats`] tells how they spread.
    ///
    /// One draw says little: on 2 000 points W2 varies by a fifth from draw to draw. `None` for no draws.
    pub fn averaged(draws: &[Self]) -> Option<Self> {
        let first = draws.first()?;
        let mut mean =
            Self { repeats: if draws.len() > 1 { Default::default() } else { first.repeats.clone() }, ..first.clone() };
        let over = |pick: &dyn Fn(&Self) -> Option<f64>| {
            let values: Vec<f64> = draws.iter().filter_map(pick).collect();
            if values.len() == draws.len() { Statistics::of(&values) } else { None }
        };
        let mean_of = |pick: &dyn Fn(&Self) -> Option<f64>| over(pick).map(|found| found.mean);
        let value = |draw: &Self, key: &str| {
            draw.distances().into_iter().find(|measured| measured.key == key).and_then(|measured| measured.value)
        };
        for Measured { key, title, floor, .. } in first.distances() {
            let found = over(&|draw| value(draw, &key));
            mean.put(&Label::new(&key).titled(title), found.map(|found| found.mean), floor);
            if let Some(found) = found.filter(|_| draws.len() > 1) {
                mean.repeats.insert(key, found);
            }
        }
        mean.transport_cost = mean_of(&|draw| draw.transport_cost);
        mean.optimal_cost = mean_of(&|draw| draw.optimal_cost);
        if let Some(shares) = &mut mean.mode_shares {
            for (mode, share) in shares.iter_mut().enumerate() {
                let of_mode = |draw: &Self| draw.mode_shares.as_ref()?.get(mode).copied();
                *share = mean_of(&of_mode).unwrap_or(*share);
            }
        }
        Some(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_what_all_draws_measured() {
        let draw = |w2: Option<f64>, ks: f64| Metrics {
            samples: 7,
            w2,
            ks_max: Some(ks),
            w2_floor: Some(ks),
            mode_shares: Some(vec![ks, 1.0 - ks]),
            ..Metrics::default()
        };
        let mean = Metrics::averaged(&[draw(Some(1.0), 0.25), draw(None, 0.75)]).unwrap();
        assert_eq!((mean.w2, mean.ks_max, mean.w2_floor, mean.samples), (None, Some(0.5), Some(0.25), 7));
        assert_eq!(mean.mode_shares, Some(vec![0.5, 0.5]));
        assert_eq!(mean.repeats["ks_max"].count, 2);
        assert!((mean.repeats["ks_max"].std - 0.125_f64.sqrt()).abs() < 1e-15);
        assert!(!mean.repeats.contains_key("w2"));
        assert!(Metrics::averaged(&[]).is_none());
        let single = draw(Some(1.0), 0.25);
        assert_eq!(Metrics::averaged(std::slice::from_ref(&single)), Some(single));
    }
}
