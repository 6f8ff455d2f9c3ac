//! Training in memory.

use efm::config::RunConfig;
use efm::models::device;
use efm::{Alone, fit, prepare};

fn config(init: &str) -> RunConfig {
    let text = format!(
        "source.kind = 'gaussian'\ntarget.kind = 'moons'\nmodel = {{ width = 8, depth = 1, kind = 'mlp' }}\n\
         train = {{ steps = 2, batch = 32, pool = 64, warmup = 1, charges = 20, validate_every = 0{init} }}"
    );
    text.parse().expect("a configuration")
}

#[test]
fn weights_to_begin_with_are_not_passed_over() {
    let device = device::parse("cpu").expect("the default build has the CPU");
    let missing = prepare(config(", init = 'no-such-file.pt'"), &Alone).expect("data");
    let error = fit(&missing, &device, &Alone).expect_err("there is no such file");
    assert!(error.to_string().contains("no-such-file.pt"), "{error}");
    fit(&prepare(config(""), &Alone).expect("data"), &device, &Alone).expect("a tiny training");
}
