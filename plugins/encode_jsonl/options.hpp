// SPDX-License-Identifier: Apache-2.0
// The options of encode_jsonl as data, and what they mean for the file.
#pragma once

#include <array>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

#include "encode_jsonl/line_file.hpp"

namespace sonde::encode_jsonl {

// What the lines are.
enum class line_format : std::uint8_t { sonde, otlp };
inline constexpr const char* format_choices[] = {"sonde", "otlp", nullptr};  // in the order of line_format

inline constexpr const char* sync_choices[] = {"never", "interval", "batch", nullptr};  // in the order of sync_policy

inline constexpr std::array option_table{
    option("path", option_type::path)
        .defaults("-")
        .explained("File to append to, or - for standard output",
                   "The directory has to exist. A symbolic link is refused. Named pipes and devices are written as "
                   "streams: without rotation and sync."),
    option("format", option_type::enumeration)
        .defaults("sonde")
        .one_of(format_choices)
        .explained("What a line is: an envelope in sonde's own form, or what OpenTelemetry's collectors read",
                   "sonde: one line per envelope, see docs/formats/jsonl.md. otlp: OTLP/JSON, one line per signal and "
                   "resource of a batch, see docs/formats/otlp.md. There, events are told twice if raw/ is taken too: "
                   "mind the topics."),
    option("rotate_bytes", option_type::bytes)
        .defaults("64MiB")
        .range("0", "1024GiB")
        .explained("Size at which a file is rotated; 0 means never"),
    option("rotate_files", option_type::integer)
        .defaults("5")
        .range("1", "1000")
        .explained("Rotated files to keep, as path.1 (the newest), path.2 and so on"),
    option("fsync", option_type::enumeration)
        .defaults("never")
        .one_of(sync_choices)
        .explained("When lines are forced to the disk",
                   "never: the kernel decides, and a power failure may take the last seconds. interval: at most "
                   "fsync_interval after they were written. batch: after every batch, which is slow."),
    option("fsync_interval", option_type::duration)
        .defaults("1s")
        .range("10ms", "1h")
        .explained("Longest time that written lines stay unsynced with fsync = \"interval\""),
    option("buffer_bytes", option_type::bytes)
        .defaults("256KiB")
        .range("4KiB", "64MiB")
        .explained("Lines held back while writing fails, and the largest piece written at once under load"),
    option("file_mode", option_type::string)
        .defaults("0640")
        .explained("Octal permissions of a file that is created, before the umask"),
};

// Fails if `file_mode` is not one.
[[nodiscard]] result<line_file_options> read_options(const settings& values);

[[nodiscard]] line_format read_format(const settings& values);

}  // namespace sonde::encode_jsonl
