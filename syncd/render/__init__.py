"""What people see: plans, reports, history and explanations, as terminal text, Markdown or JSON.

What comes from a directory or a target is foreign text: it is shown by `words.safe`
and as `rich.text.Text`, never as markup.
"""
