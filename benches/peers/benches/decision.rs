//! One decision beside policy engines, with criterion's care; `measure.py` measures the same in turns.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use whichrole_benches::Match;
use whichrole_peers::one_decision::{Scene, verify};

fn decisions(criterion: &mut Criterion) {
    verify(1000);
    for matching in Match::ALL {
        let scene = Scene::new(matching);
        let mut group = criterion.benchmark_group(matching.name());
        for mut contender in scene.contenders() {
            group.bench_function(format!("{}/{}", contender.name, contender.work), |bench| {
                bench.iter_custom(|times| {
                    let start = Instant::now();
                    (contender.repeat)(times);
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = all;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = decisions
}
criterion_main!(all);
