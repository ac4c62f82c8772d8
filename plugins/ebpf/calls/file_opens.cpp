// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/file_opens.hpp"

#include <algorithm>
#include <cstring>

#include "ebpf/calls/caller.hpp"
#include "ebpf/calls/schema.hpp"

namespace sonde::ebpf::calls {
namespace {

using enum file_field;

result<sonde_file_prefix> make_prefix(std::string_view path) {
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (path.empty() || path.front() != '/') {
        return fail(errc::invalid, "a path below the root is wanted, such as /etc", std::string(path));
    }
    if (path.size() >= SONDE_FILE_PREFIX_LIMIT) {
        return fail(errc::invalid, "longer than " + std::to_string(SONDE_FILE_PREFIX_LIMIT - 1) + " bytes",
                    std::string(path));
    }
    sonde_file_prefix made{};
    made.size = static_cast<std::uint32_t>(path.size());
    std::ranges::copy(path, made.plain);
    char* to = made.inward;
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t at = rest.rfind('/');
        const std::string_view component = rest.substr(at + 1);
        if (component.empty() || component == "." || component == "..") {
            return fail(errc::invalid, "a path is wanted without //, . and ..", std::string(path));
        }
        to = std::ranges::copy(component, to).out + 1;  // a NUL
        rest = rest.substr(0, at);
    }
    return made;
}

bool publish_open(const host& on, const stream& to, process::process_writer& writer, const sonde_event& event,
                  std::span<const std::byte> bytes) {
    constexpr std::size_t head = offsetof(sonde_file_open, path);
    if (bytes.size() < head) {
        return false;
    }
    // The record ends with its path: what lies behind is not there.
    const auto* const file = reinterpret_cast<const sonde_file_open*>(bytes.data());
    if (bytes.size() - head < file->path_size) {
        return false;
    }
    const std::string_view path_text(file->path, file->path_size);
    const sonde_process caller = process_of(file->caller);
    writer.look_up(caller);
    process::publish_event(on, to, event, file_type, schema_revision, [&](envelope_writer& envelope, auto&& data) {
        writer.identify(envelope, caller);
        data([&](wire::writer& out) {
            if (file->error == 0) {
                writer.write_path(out, number(path), path_text);
            } else {
                writer.write_text(out, number(path), path_text.substr(0, path_text.find('\0')));
            }
            out.uint_if(number(open_flags), file->open_flags);
            out.uint_if(number(mode), file->mode);
            out.uint_if(number(error_code), file->error);
            out.uint_if(number(path_truncated), (file->flags & SONDE_FILE_PATH_CUT) != 0 ? 1 : 0);
            out.uint_if(number(tid), file->caller.tid);
            writer.write_text(out, number(name), process::text_of(file->caller.name));
        });
    });
    return true;
}

}  // namespace

result<sonde_file_config> make_file_config(const file_settings& settings) {
    sonde_file_config made{};
    made.per_second = settings.per_second;
    if (settings.below.size() > SONDE_FILE_PREFIXES) {
        return fail(errc::invalid, "at most " + std::to_string(SONDE_FILE_PREFIXES) + " paths can be compared with");
    }
    for (std::size_t i = 0; i < settings.below.size(); ++i) {
        const auto prefix = make_prefix(settings.below[i]);
        if (!prefix) {
            return std::unexpected(prefix.error());
        }
        made.prefixes[i] = *prefix;
    }
    return made;
}

process::kernel_event_family::description file_opens(const sonde_file_config& config) {
    return {file_topic,
            {SONDE_EVENT_FILE_OPEN, "file_open"},
            {{"file.open", {{"file_opened", "fexit"}, {"file_call_end", "tp_btf"}, {"file_call_end_raw", "raw_tp"}}}},
            &publish_open,
            {bpf::make_constant("sonde_file_config", config)}};
}

}  // namespace sonde::ebpf::calls
