use serde_json::{Value, json};

use efm_eval::{Metrics, Statistics};

/// 97.5 % quantiles of Student's t with 1, 2, … degrees of freedom; beyond the table that of the normal distribution, which
/// is smaller by 2 % there. Abramowitz and Stegun, table 26.10.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL: f64 = 1.960;

/// Half of the 95 % confidence interval of a mean; none for fewer than two values.
pub(crate) fn half_width(found: &Statistics) -> Option<f64> {
    let freedom = found.count.checked_sub(1).filter(|&freedom| freedom > 0)?;
    let quantile = STUDENT.get(freedom - 1).copied().unwrap_or(NORMAL);
    Some(quantile * found.std / (found.count as f64).sqrt())
}

/// The measures that were taken: key, title, value, half of its confidence interval, and the floor with its range.
pub(crate) fn measures(metrics: &Metrics) -> Value {
    let distances = metrics.distances().into_iter().filter_map(|measured| {
        let value = measured.value?;
        let floor = metrics.floors.get(&measured.key).copied().or(measured.floor.map(|mean| Statistics {
            mean,
            std: 0.0,
            min: mean,
            max: mean,
            count: 1,
        }));
        let half = metrics.repeats.get(&measured.key).and_then(half_width);
        Some(json!({ "key": measured.key, "title": measured.title, "value": value, "half": half, "floor": floor }))
    });
    let others = metrics.others().into_iter().filter_map(|(key, title, value)| {
        let half = metrics.repeats.get(key).and_then(half_width);
        Some(json!({ "key": key, "title": title, "value": value?, "half": half, "floor": null }))
    });
    distances.chain(others).collect()
}

/// Every leaf of a JSON value with its path, numbers as they are written.
pub(crate) fn numbers(value: &Value) -> Vec<(String, String)> {
    fn walk(path: String, value: &Value, found: &mut Vec<(String, String)>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(below(key), value, found)),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, value)| walk(below(&index.to_string()), value, found));
            }
            Value::String(text) => found.push((path, text.clone())),
            other => found.push((path, other.to_string())),
        }
    }
    let mut found = Vec::new();
    walk(String::new(), value, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // Four values 1, 2, 3, 4: s = √(5/3), t = 3.182, half width 3.182·√(5/3)/2.
        let found = Statistics::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((half_width(&found).unwrap() - 3.182 * (5.0_f64 / 3.0).sqrt() / 2.0).abs() < 1e-12);
        assert_eq!(half_width(&Statistics::of(&[1.0]).unwrap()), None);
    }

    #[test]
    fn every_leaf_is_found_with_its_path() {
        let value = json!({ "a": { "b": [0.1, null] }, "c": "x", "d": 3 });
        let found: Vec<_> = numbers(&value).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(found, ["a.b.0=0.1", "a.b.1=null", "c=x", "d=3"]);
    }
}
