//! What an application is written with, as far as it matters for how it reads a path.

use serde::{Deserialize, Serialize};

/// The framework that routes an application's requests. It tells which readings of a path the application may have; one
/// that isn't known may have them all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// Not known: every reading is judged.
    #[default]
    Any,
    /// ASP.NET, on IIS or Kestrel.
    AspNet,
    /// Django, Flask and others over WSGI or ASGI.
    Django,
    /// Express and others on Node.js.
    Express,
    /// `net/http` and routers on it.
    Go,
    /// PHP: Laravel, Symfony, WordPress.
    Php,
    /// Ruby on Rails and others on Rack.
    Rails,
    /// Spring and others on a servlet container.
    Spring,
}

/// One way in which a server or a framework reads a path other than as its segments, each decoded once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Habit {
    /// Decodes what is decoded already.
    DecodeAgain,
    /// Splits at slashes that were encoded.
    SplitDecoded,
    /// Takes a backslash for a slash.
    Backslash,
    /// Takes several slashes for one.
    MergeSlashes,
    /// Resolves `.` and `..`.
    ResolveDots,
    /// Cuts `;…` from each segment.
    CutParameters,
    /// Cuts what follows a decoded `?` or `#`.
    CutQuery,
    /// Cuts dots and white space from a segment's ends.
    TrimEnds,
    /// Cuts the last segment's suffix: `/login.json` is `/login`.
    CutSuffix,
    /// Looks only at what follows a script: `/index.php/login` is `/login`.
    AfterScript,
    /// Decodes `%uXXXX`, overlong UTF-8, and letters of full width.
    Unicode,
    /// Compares literal segments without regard to the case of letters.
    IgnoreCase,
}

impl Framework {
    /// Whether a reading by this habit is possible. What a server before the application may do counts too.
    #[must_use]
    pub fn may(self, habit: Habit) -> bool {
        use Habit as H;
        match self {
            Self::Any => true,
            Self::AspNet => !matches!(habit, H::CutParameters),
            Self::Django | Self::Go => matches!(habit, H::SplitDecoded | H::MergeSlashes | H::ResolveDots),
            Self::Express => matches!(habit, H::MergeSlashes | H::ResolveDots | H::IgnoreCase),
            Self::Php => matches!(habit, H::SplitDecoded | H::MergeSlashes | H::ResolveDots | H::AfterScript),
            Self::Rails => matches!(habit, H::SplitDecoded | H::MergeSlashes | H::ResolveDots | H::CutSuffix),
            Self::Spring => {
                matches!(habit, H::SplitDecoded | H::MergeSlashes | H::ResolveDots | H::CutParameters | H::CutSuffix)
            }
        }
    }

    /// Whether the framework always reads so: then a path isn't judged as it is without it.
    #[must_use]
    pub fn always(self, habit: Habit) -> bool {
        matches!((self, habit), (Self::Rails, Habit::CutSuffix) | (Self::Spring, Habit::CutParameters))
    }
}
