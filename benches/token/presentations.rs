//! Presentations of a warm token with a new proof each time, remembered in this process or in Redis.

use std::time::Instant;

use actix_resource_server::verifier::Verifier;
use actix_web::rt::System;
use futures_util::future::join_all;

use crate::sender::{ALGORITHMS, Client, field, presentation, verifier};
use crate::table::median;

/// Presentations that are measured together, and how often.
const BATCH: usize = 200;
const BATCHES: usize = 51;
const CONCURRENT: usize = 64;

/// Tables for proofs in this process and, if there is a URL, in the Redis behind it.
pub(crate) fn print(redis: Option<&str>) {
    println!("| proof | memory | one after the other, µs | {CONCURRENT} at a time, per second |");
    println!("|---|---|---|---|");
    for algorithm in ALGORITHMS {
        let client = Client::new(algorithm);
        let mut builders = vec![("local", verifier(&client.token))];
        if let Some(url) = redis {
            let url = url.parse().expect("the URL of a Redis");
            builders.push(("Redis", verifier(&client.token).shared_memory(url)));
        }
        for (name, builder) in builders {
            let verifier = builder.start().expect("a verifier");
            let [one, many] = System::new().block_on(measure(&verifier, &client));
            println!("| {algorithm} | {name} | {one:.1} | {many:.0} |");
        }
    }
}

/// Microseconds of one presentation, and presentations per second.
async fn measure(verifier: &Verifier, client: &Client) -> [f64; 2] {
    let field = field(&client.token.token);
    let verify = |proof: String| {
        let field = &field;
        async move { verifier.verify_presentation(&presentation(field, &proof)).await.is_ok() }
    };
    // Until the connection is there.
    while !verify(client.proof()).await {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let (mut alone, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        let proofs: Vec<String> = (0..BATCH).map(|_| client.proof()).collect();
        let started = Instant::now();
        for proof in proofs {
            assert!(verify(proof).await, "a new proof");
        }
        alone.push(started.elapsed().as_secs_f64() * 1e6 / BATCH as f64);

        let proofs: Vec<String> = (0..CONCURRENT).map(|_| client.proof()).collect();
        let started = Instant::now();
        let accepted = join_all(proofs.into_iter().map(verify)).await;
        rates.push(CONCURRENT as f64 / started.elapsed().as_secs_f64());
        assert!(accepted.into_iter().all(|accepted| accepted), "new proofs");
    }
    [median(alone), median(rates)]
}
