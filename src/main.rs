//! The binary: hands the command line over to the library's service.

use std::process::ExitCode;

use actix_resource_server::service;

fn main() -> ExitCode {
    service::run(std::env::args_os())
}
