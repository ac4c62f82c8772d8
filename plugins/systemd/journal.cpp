// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <systemd/sd-id128.h>

#include "systemd/journal_filter.hpp"

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;

// The name and the = before the value; one more byte shows that a value was cut.
constexpr std::size_t beside_value = 64 + 2;

// The library has no flag for what lies in /var/log only, so the directory is opened by its name, which for a namespace
// is another one.
int open_persistent(sd_journal** to, const std::string& name_space) {
    sd_id128_t machine{};
    if (const int rc = sd_id128_get_machine(&machine); rc < 0) {
        return rc;
    }
    char id[SD_ID128_STRING_MAX];
    std::string directory = std::string("/var/log/journal/") + sd_id128_to_string(machine, id);
    if (!name_space.empty()) {
        directory += '.' + name_space;
    }
    return sd_journal_open_directory(to, directory.c_str(), 0);
}

int open_handle(sd_journal** to, const journal_options& of) {
    if (!of.directory.empty()) {
        return sd_journal_open_directory(to, of.directory.c_str(), 0);
    }
    if (of.storage == journal_storage::persistent) {
        return open_persistent(to, of.name_space);
    }
    const int flags = SD_JOURNAL_LOCAL_ONLY | (of.storage == journal_storage::runtime ? SD_JOURNAL_RUNTIME_ONLY : 0);
    return of.name_space.empty() ? sd_journal_open(to, flags)
                                 : sd_journal_open_namespace(to, of.name_space.c_str(), flags);
}

int add(sd_journal* to, const match_step& step) {
    switch (step.what) {
    case match_step::kind::term: return sd_journal_add_match(to, step.term.data(), step.term.size());
    case match_step::kind::either: return sd_journal_add_disjunction(to);
    case match_step::kind::both: return sd_journal_add_conjunction(to);
    }
    return 0;
}

}  // namespace

std::unexpected<error> journal::refuse(int negative, std::string_view doing) {
    const int code = -negative;
    return fail(code == EACCES || code == EPERM ? errc::denied : errc::failed,
                "cannot " + std::string(doing) + ": " + std::strerror(code));
}

void journal::freer::operator()(char* text) const noexcept { std::free(text); }

result<journal> journal::open(const journal_options& of) {
    sd_journal* handle = nullptr;
    if (const int rc = open_handle(&handle, of); rc < 0) {
        return refuse(rc, "open the journal");
    }
    journal made(handle);
    if (auto ready = made.prepare(of); !ready) {
        return std::unexpected(ready.error());
    }
    return made;
}

result<void> journal::prepare(const journal_options& of) {
    if (const int rc = sd_journal_set_data_threshold(of_.get(), of.field_limit + beside_value); rc < 0) {
        return refuse(rc, "limit the size of fields");
    }
    // Before the first read: from here on no change goes unnoticed.
    fd_ = sd_journal_get_fd(of_.get());
    return fd_ < 0 ? refuse(fd_, "watch the journal's directories") : result<void>{};
}

short journal::events() const noexcept {
    const int events = sd_journal_get_events(of_.get());
    return static_cast<short>(std::max(events, 0));
}

std::chrono::nanoseconds journal::wait() const noexcept {
    std::uint64_t at = 0;
    if (sd_journal_get_timeout(of_.get(), &at) <= 0 || at == UINT64_MAX) {
        return -1ns;
    }
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::chrono::nanoseconds left =
        std::chrono::microseconds(at) - std::chrono::seconds(now.tv_sec) - std::chrono::nanoseconds(now.tv_nsec);
    return std::max<std::chrono::nanoseconds>(left, 0ns);
}

bool journal::take_changes() noexcept { return sd_journal_process(of_.get()) == SD_JOURNAL_INVALIDATE; }

result<void> journal::filter(const journal_options& of) {
    for (const match_step& step : index_terms(of)) {
        if (const int rc = add(of_.get(), step); rc < 0) {
            return refuse(rc, "add the term '" + step.term + "'");
        }
    }
    return {};
}

result<void> journal::seek_oldest() {
    const int rc = sd_journal_seek_head(of_.get());
    return rc < 0 ? refuse(rc, "go to the first entry") : result<void>{};
}

result<void> journal::seek_boot() {
    sd_id128_t boot{};
    int rc = sd_id128_get_boot(&boot);
    rc = rc < 0 ? rc : sd_journal_seek_monotonic_usec(of_.get(), boot, 0);
    return rc < 0 ? refuse(rc, "go to the first entry of this boot") : result<void>{};
}

result<std::optional<std::string>> journal::newest() {
    int rc = sd_journal_seek_tail(of_.get());
    rc = rc < 0 ? rc : sd_journal_previous(of_.get());
    if (rc < 0) {
        return refuse(rc, "find the last entry");
    }
    if (rc == 0) {
        return std::optional<std::string>{};
    }
    const auto found = cursor();
    return found ? result<std::optional<std::string>>(std::string(*found)) : std::unexpected(found.error());
}

result<journal::arrival> journal::seek(const std::string& cursor) {
    int rc = sd_journal_seek_cursor(of_.get(), cursor.c_str());
    rc = rc < 0 ? rc : sd_journal_next(of_.get());
    if (rc < 0) {
        return refuse(rc, "go to the saved position");
    }
    if (rc == 0) {
        return arrival::at_the_end;
    }
    rc = sd_journal_test_cursor(of_.get(), cursor.c_str());
    if (rc < 0) {
        return refuse(rc, "compare with the saved position");
    }
    return rc > 0 ? arrival::at_the_entry : arrival::after_it;
}

result<bool> journal::next() {
    const int rc = sd_journal_next(of_.get());
    return rc < 0 ? result<bool>(refuse(rc, "go to the next entry")) : result<bool>(rc > 0);
}

result<std::string_view> journal::cursor() {
    char* text = nullptr;
    if (const int rc = sd_journal_get_cursor(of_.get(), &text); rc < 0) {
        return refuse(rc, "read an entry's place");
    }
    cursor_.reset(text);
    return std::string_view(text);
}

std::optional<std::string> journal::value(const char* field) const {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(of_.get(), field, &data, &size) < 0) {
        return std::nullopt;
    }
    const std::string_view all(static_cast<const char*>(data), size);
    return std::string(all.substr(std::min(all.find('=') + 1, all.size())));
}

}  // namespace sonde::systemd
