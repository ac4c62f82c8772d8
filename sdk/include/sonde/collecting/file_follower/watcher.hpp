// SPDX-License-Identifier: Apache-2.0
// Directories and open files followed by inotify behind one descriptor. A directory that does not exist yet, or is
// replaced, is waited for. Says only that something has changed and where; what it is, the caller looks up.
// Part of the follower; of use alone too. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/result.hpp>

namespace sonde::collecting::file_follower {

class watcher {
public:
    struct change {
        static constexpr std::size_t no_directory = static_cast<std::size_t>(-1);
        std::size_t directory = no_directory;  // or a file changed
        int file = -1;                         // what `add_file` gave
        bool is_moved = false;                 // its name may have changed, or it is gone
        std::string_view name{};               // in the directory; empty: look at all of it
    };

    [[nodiscard]] result<void> open();
    [[nodiscard]] int fd() const noexcept { return inotify_.number(); }

    // Names that come and go in it, and files there that are closed after writing. Its number counts from 0.
    std::size_t add_directory(std::string path);
    [[nodiscard]] bool is_there(std::size_t directory) const noexcept { return directories_[directory].watch >= 0; }
    // Sees to it that the directory of that name is watched. A file of it that is open keeps a removed directory from
    // being told as such.
    void check_again(std::size_t directory) { attach(directories_[directory]); }
    // An open file that grows, shrinks, moves or goes; -1 if it cannot be watched.
    [[nodiscard]] int add_file(int fd);
    void remove_file(int file);

    // Calls `take(change)` for what happened since. Bounded; what is left makes the descriptor readable again.
    template <class Take>
    void drain(Take&& take) {
        while (read_changes()) {
            for (const change& each : changes_) {
                take(each);
            }
        }
    }
    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }

private:
    struct place {
        std::string path;
        int watch = -1;     // of the directory
        int waits_on = -1;  // of the nearest one above it that exists
    };

    void attach(place& at);
    void release(int watch);
    [[nodiscard]] bool read_changes();
    void handle(int watch, std::uint32_t mask, std::string_view name);

    descriptor inotify_;
    std::vector<place> directories_;
    std::vector<int> files_;
    std::vector<change> changes_;
    std::vector<char> buffer_;
    int reads_ = 0;
    std::uint64_t overflows_ = 0;
};

}  // namespace sonde::collecting::file_follower
