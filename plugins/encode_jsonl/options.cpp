// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/options.hpp"

#include <charconv>

namespace sonde::encode_jsonl {
namespace {

result<mode_t> read_mode(std::string_view text) {
    constexpr mode_t most = 0777;
    mode_t mode = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (problem != std::errc{} || end != text.data() + text.size() || mode > most) {
        return fail(errc::invalid, "'" + std::string(text) + "' is not an octal file mode such as \"0640\"",
                    "file_mode");
    }
    if ((mode & 0200) == 0) {
        return fail(errc::invalid, "the owner must be allowed to write, as in \"0640\"", "file_mode");
    }
    return mode;
}

}  // namespace

result<line_file_options> read_options(const settings& values) {
    const auto mode = read_mode(values.text("file_mode"));
    if (!mode) {
        return std::unexpected(mode.error());
    }
    line_file_options options;
    options.path = values.text("path");
    options.mode = *mode;
    options.buffer_bytes = values.bytes("buffer_bytes");
    options.rotate_bytes = values.bytes("rotate_bytes");
    options.rotate_files = static_cast<unsigned>(values.integer("rotate_files"));
    options.sync = static_cast<sync_policy>(values.choice("fsync"));
    options.sync_interval = values.duration("fsync_interval");
    if (options.path.empty()) {
        return fail(errc::invalid, "the path is empty; write - for standard output", "path");
    }
    return options;
}

line_format read_format(const settings& values) { return static_cast<line_format>(values.choice("format")); }

}  // namespace sonde::encode_jsonl
