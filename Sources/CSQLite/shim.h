// The system's SQLite, and its one variadic call that Swift cannot import.
#pragma once
#include <sqlite3.h>

/// Defensive mode: SQL may not corrupt the file on purpose (writable_schema, journal_mode=OFF, ...).
static inline int settle_sqlite_enable_defensive(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}
