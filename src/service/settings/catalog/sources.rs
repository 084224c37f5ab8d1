//! Settings that select the configuration files.

use super::Setting;

super::group! {
    CONFIG_DIR = Setting::new("config_dir", "config-dir", &["CONFIG_DIR"])
        .value_name("PATH")
        .description("Directory of default.toml and <environment>.toml")
        .default_text("config, if it exists")
        .outside_files();
    ENVIRONMENT = Setting::new("environment", "environment", &["ENVIRONMENT"])
        .value_name("NAME")
        .description("Name of the file read after default.toml, such as production")
        .default_text("none")
        .outside_files();
}
