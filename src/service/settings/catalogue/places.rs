//! Where settings are read from.

use super::Setting;

super::group! {
    CONFIG_DIR = Setting::new("config_dir", "config-dir", &["CONFIG_DIR"])
        .takes("PATH")
        .means("Directory with default.toml and <environment>.toml")
        .otherwise("config, if there is one")
        .outside_files();
    ENVIRONMENT = Setting::new("environment", "environment", &["ENVIRONMENT"])
        .takes("NAME")
        .means("Name of the file read after default.toml, such as production")
        .otherwise("none")
        .outside_files();
}
