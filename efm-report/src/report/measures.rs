use serde_json::{Value, json};

use efm_eval::{Metrics, Statistics};

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
        let half = metrics.repeats.get(&measured.key).and_then(Statistics::half_interval);
        Some(json!({ "key": measured.key, "title": measured.title, "value": value, "half": half, "floor": floor }))
    });
    let others = metrics.others().into_iter().filter_map(|(key, title, value)| {
        let half = metrics.repeats.get(key).and_then(Statistics::half_interval);
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
    fn every_leaf_is_found_with_its_path() {
        let value = json!({ "a": { "b": [0.1, null] }, "c": "x", "d": 3 });
        let found: Vec<_> = numbers(&value).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(found, ["a.b.0=0.1", "a.b.1=null", "c=x", "d=3"]);
    }
}
