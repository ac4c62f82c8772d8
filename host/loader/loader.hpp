// SPDX-License-Identifier: Apache-2.0
// From directories to modules: scan, trust checks, ELF checks, private staging, throwaway probe; the code is mapped
// when an instance needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/candidate.hpp"
#include "loader/module.hpp"
#include "loader/module_host.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

struct plugin_note;
class staging;

struct loader_settings {
    std::vector<std::filesystem::path> directories;  // in order; the first file of a name does not hide later ones
    std::filesystem::path staging;                   // private directory, made 0700; empty: a temporary one
    bool allow_unsafe = false;                       // skips the checks of owners, permissions and directories only
    bool probe = true;           // false: a module is mapped at once, since nothing else says what it offers
    std::filesystem::path self;  // executable to run as `self plugin probe FILE`
    std::chrono::nanoseconds probe_timeout{std::chrono::seconds(5)};
    int cancel = -1;  // a descriptor; as soon as it is readable, trials are cut short
    std::uint64_t size_limit = 256u << 20;
    // A file that was changed this long before it was read is read again only when it has changed since. Younger ones
    // are read again: the clock of file systems is coarse.
    std::chrono::nanoseconds settled_after{std::chrono::seconds(2)};
    log_sink log;  // what modules say outside of any instance; may be empty
};

struct scan_result {
    std::vector<module_ptr> loaded;  // newly accepted in this scan
    std::vector<refusal> refused;    // every file that is refused now
    std::vector<std::string> gone;   // digests of modules whose file is no longer there
    std::size_t unread = 0;          // files that were accepted before and have not changed
};

// Not thread-safe: the supervisor's thread only. A module is initialised once per loader, even if its file goes and
// comes back; it is de-initialised when the loader and everything else have let go of it.
class loader final {
public:
    explicit loader(loader_settings settings);
    ~loader();
    loader(const loader&) = delete;
    loader& operator=(const loader&) = delete;

    // Looks at every directory again; a file that has not changed costs a stat. A directory that does not exist counts
    // as empty. A file that is refused now counts as gone if it was loaded before.
    [[nodiscard]] scan_result scan();
    // All checks of one file.
    [[nodiscard]] std::expected<module_ptr, refusal> load(const std::filesystem::path& file);

private:
    void scan_file(const directory& in, const std::string& name, std::map<std::string, std::filesystem::path>& accepted,
                   scan_result& found);
    [[nodiscard]] std::expected<module_ptr, refusal> take(const candidate& from);
    [[nodiscard]] bool is_unchanged(const std::filesystem::path& file, const std::optional<file_mark>& now) const;
    [[nodiscard]] std::expected<std::filesystem::path, refusal> stage(const candidate& from);
    [[nodiscard]] std::expected<module_ptr, refusal> make(const candidate& from, const plugin_note& note);

    loader_settings settings_;
    std::shared_ptr<staging> staging_;  // modules that are not mapped yet share it
    std::map<std::string, module_ptr> by_digest_;
    std::map<std::string, std::filesystem::path> present_;  // digests accepted by the last scan
    struct accepted_file {
        file_mark mark;  // from before it was read
        std::string digest;
    };
    std::map<std::filesystem::path, accepted_file> settled_;
    // Crashes and hangs by digest, so that a scan does not run into them again until the file is touched.
    struct failed_trial {
        refusal why;
        std::int64_t changed = 0;
    };
    std::map<std::string, failed_trial> failed_trials_;
};

// A module compiled into the program, by the same validation; for tests.
[[nodiscard]] std::expected<module_ptr, refusal> static_module(const sonde_entry& entry, const std::string& name);

// The name filter for directory entries: ends in ".so", not hidden, not a temporary name of an editor or packager.
[[nodiscard]] bool is_plugin_name(std::string_view file_name) noexcept;

// Everything that can be said of a file without running it, then, with `settings.probe` and if nothing speaks against
// it, what its probe process said (vendor, license, components).
struct inspection {
    module_info info;
    std::vector<std::string> needed;         // DT_NEEDED
    std::vector<std::string> version_needs;  // "libc.so.6: GLIBC_2.34"
    std::vector<refusal> refusals;           // empty: would be loaded
};
[[nodiscard]] inspection inspect(const loader_settings& settings, const std::filesystem::path& file);

// The child's side of the probe: loads, initialises, prints module_info as JSON to stdout. Returns the exit code.
int run_probe(const std::filesystem::path& file);

}  // namespace sonde::loader
