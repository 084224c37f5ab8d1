#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    actix_resource_server_fuzz::proof(bytes);
});
