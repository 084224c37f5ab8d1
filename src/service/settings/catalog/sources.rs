//! Where settings are read from.

use super::Setting;

super::group! {
    CONFIG_DIR = Setting::new("config_dir", "config-dir", &["CONFIG_DIR"])
        .value_name("PATH")
        .description("Directory with default.toml and <environment>.toml")
        .default_text("config, if there is one")
        .outside_files();
    ENVIRONMENT = Setting::new("environment", "environment", &["ENVIRONMENT"])
        .value_name("NAME")
        .description("Name of the file read after default.toml, such as production")
        .default_text("none")
        .outside_files();
}
