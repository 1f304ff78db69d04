// What is the page around its sections?

/// One HTML file that needs nothing else: no script, no font, no request.
enum Page {
  static func document(title: String, _ body: Markup) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none'">
    <meta name="referrer" content="no-referrer">
    <title>\(Markup.escaped(title))</title>
    <style>
    \(Style.sheet)
    </style>
    </head>
    <body>
    <main>
    \(body.text)</main>
    </body>
    </html>

    """
  }

  /// What a colour stands for.
  static func key(_ entries: [(style: String, name: String)]) -> String {
    let items = entries.map { entry in
      "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" rx=\"2\" "
        + "class=\"\(entry.style)\"/></svg>\(Markup.escaped(entry.name))</li>"
    }
    return "<ul class=\"key\">\(items.joined())</ul>"
  }
}

extension Share {
  var style: String {
    switch self {
    case .winners: "winners"
    case .refunds: "refunds"
    case .house: "house"
    case .creators: "creators"
    case .retained: "retained"
    case .breakage: "breakage"
    }
  }
}
