// SPDX-License-Identifier: Apache-2.0
// From directories to modules: scan, trust checks, ELF checks, throwaway probe, private staging, load.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <sonde/abi/host.h>

#include "loader/module.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

struct loader_settings {
    std::vector<std::filesystem::path> directories;  // in order; the first file of a name does not hide later ones
    std::filesystem::path staging;                   // private directory, made 0700
    bool allow_unsafe = false;
    bool probe = true;
    std::filesystem::path self;  // executable to run as `self plugin probe FILE`
    std::chrono::nanoseconds probe_timeout{std::chrono::seconds(5)};
    std::uint64_t size_limit = 256u << 20;
};

struct scan_result {
    std::vector<module_ptr> loaded;  // newly loaded in this scan
    std::vector<refusal> refused;    // every file that is refused now
    std::vector<std::string> gone;   // digests of modules whose file is no longer there
};

// Not thread-safe: the supervisor's thread only.
class loader {
public:
    explicit loader(loader_settings settings);

    // Looks at every directory again; files whose content is known already cost a stat and a hash.
    [[nodiscard]] scan_result scan();
    // All checks and the load of one file.
    [[nodiscard]] std::expected<module_ptr, refusal> load(const std::filesystem::path& file);

private:
    loader_settings settings_;
    std::map<std::string, module_ptr> by_digest_;
};

// A module compiled into the program, by the same validation; for tests.
[[nodiscard]] std::expected<module_ptr, refusal> static_module(const sonde_entry& entry, std::string name);

// The name filter for directory entries: ends in ".so", not hidden, not a temporary name of an editor or packager.
[[nodiscard]] bool is_plugin_name(std::string_view file_name) noexcept;

// Everything that can be said of a file without running it, then, if asked, what its probe process said.
struct inspection {
    module_info info;
    std::vector<std::string> needed;           // DT_NEEDED
    std::vector<std::string> version_needs;    // "libc.so.6: GLIBC_2.34"
    std::vector<refusal> refusals;             // empty: would be loaded
};
[[nodiscard]] inspection inspect(const loader_settings& settings, const std::filesystem::path& file);

// The child's side of the probe: loads, initialises, prints module_info as JSON to stdout. Returns the exit code.
int run_probe(const std::filesystem::path& file);

}  // namespace sonde::loader
