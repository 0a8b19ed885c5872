#pragma once

// sqlite3_config takes any number of arguments, and Swift calls no such function. Declared as in sqlite3.h, which comes
// with GRDBSQLite.
int sqlite3_config(int, ...);

static inline int switchboard_sqlite_configure(int option, void *value) {
    return sqlite3_config(option, value);
}
