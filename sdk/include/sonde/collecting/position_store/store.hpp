// SPDX-License-Identifier: Apache-2.0
// How far a collector has read, kept over restarts: a small file of named positions, replaced as a whole. After a crash
// the file holds what one of the saves wrote, never a mixture. One process and one instance own it at a time. A file
// that cannot be believed is set aside as NAME.corrupt, never read and never lost. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/collecting/position_store/format.hpp>
#include <sonde/result.hpp>

namespace sonde::collecting::position_store {

// What a save is worth when the machine loses power. A crash of the agent alone loses nothing either way.
enum class durability {
    synced,    // it has reached the disk when `save` returns
    unsynced,  // an older save may be found, or, on some file systems, an empty file, which counts as corrupt
};

enum class finding { nothing, earlier, corrupt };

class store {
public:
    // The file `name`.positions in `directory`, which is made if only its last part is missing. Fails if another
    // instance owns it (errc::again), or if the place cannot be written to.
    [[nodiscard]] static result<store> open(const std::string& directory, std::string_view name, durability how);

    // What `open` found; for `corrupt`, `complaint` says what is wrong and where the file is now.
    [[nodiscard]] finding found() const noexcept { return found_; }
    [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // Null if there is none.
    [[nodiscard]] const std::string* find(std::string_view key) const;
    // Takes effect on disk with the next `save`. Refuses what the format cannot hold.
    [[nodiscard]] result<void> set(std::string_view key, std::string_view value);
    void erase(std::string_view key);

    // Does nothing if nothing has changed. After a failure the older file is whole; call it again later.
    [[nodiscard]] result<void> save();

private:
    store(std::string path, descriptor lock, durability how)
        : path_(std::move(path)), lock_(std::move(lock)), how_(how) {}

    [[nodiscard]] result<void> read();

    std::string path_;
    descriptor lock_;
    durability how_;
    finding found_ = finding::nothing;
    std::string complaint_;
    positions all_;
    bool is_changed_ = false;
};

}  // namespace sonde::collecting::position_store
