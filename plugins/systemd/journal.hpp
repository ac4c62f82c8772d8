// SPDX-License-Identifier: Apache-2.0
// One open journal: sd-journal's handle with this project's errors. The calls keep sd-journal's meaning; a place is the
// entry that the last move came to.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <systemd/sd-journal.h>

#include <sonde/result.hpp>

#include "systemd/options.hpp"

namespace sonde::systemd {

class journal {
public:
    // All entries, watched for changes.
    [[nodiscard]] static result<journal> open(const journal_options& of);
    // Only those that fulfil the terms, from the next seek on.
    [[nodiscard]] result<void> filter(const journal_options& of);

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] short events() const noexcept;
    // When `take_changes` is wanted though the descriptor is quiet, as on network file systems; negative: never.
    [[nodiscard]] std::chrono::nanoseconds wait() const noexcept;
    // True if files came or went. Cheap when nothing has happened.
    [[nodiscard]] bool take_changes() noexcept;

    // To right before the first entry, or the first of this boot.
    [[nodiscard]] result<void> seek_oldest();
    [[nodiscard]] result<void> seek_boot();
    // The cursor of the newest entry there is, of whatever kind; nothing in an empty journal. Moves anywhere.
    [[nodiscard]] result<std::optional<std::string>> newest();
    // To the entry of this cursor, or where it is gone or does not pass the filter, to the first that does after it.
    enum class arrival : std::uint8_t { at_the_entry, after_it, at_the_end };
    [[nodiscard]] result<arrival> seek(const std::string& cursor);

    // False at the end.
    [[nodiscard]] result<bool> next();
    // Valid until the next call.
    [[nodiscard]] result<std::string_view> cursor();
    // The value of a field, if the entry has it.
    [[nodiscard]] std::optional<std::string> value(const char* field) const;
    // Calls `take(std::string_view)` with each field.
    template <class Take>
    [[nodiscard]] result<void> each_field(Take&& take) {
        sd_journal_restart_data(of_.get());
        const void* data = nullptr;
        std::size_t size = 0;
        int got = 0;
        while ((got = sd_journal_enumerate_available_data(of_.get(), &data, &size)) > 0) {
            take(std::string_view(static_cast<const char*>(data), size));
        }
        return got == 0 ? result<void>{} : refuse(got, "read an entry's fields");
    }

private:
    struct closer {
        void operator()(sd_journal* of) const noexcept { sd_journal_close(of); }
    };
    struct freer {
        void operator()(char* text) const noexcept;
    };

    explicit journal(sd_journal* of) noexcept : of_(of) {}
    [[nodiscard]] result<void> prepare(const journal_options& of);
    [[nodiscard]] static std::unexpected<error> refuse(int negative, std::string_view doing);

    std::unique_ptr<sd_journal, closer> of_;
    std::unique_ptr<char, freer> cursor_;
    int fd_ = -1;
};

}  // namespace sonde::systemd
